namespace Interop.Sandbox.Tests;

/// <summary>Runs where the Synthea data is, and is reported as skipped with the reason where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SyntheaFactAttribute : FactAttribute
{
    public SyntheaFactAttribute()
    {
        if (Directory is null)
            Skip = "No synthea-100 in $INTEROP_TEST_DATA or in ../shared/data beside the checkout.";
    }

    public static string? Directory { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } root)
            return Existing(root);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
                return Existing(Path.Combine(folder.FullName, "..", "shared", "data"));
        }
        return null;
    }

    private static string? Existing(string root) => Path.Combine(root, "synthea-100") is var path && System.IO.Directory.Exists(path) ? path : null;
}
