namespace Interop.Fhir.Tests.FhirPath;

/// <summary>A test over the standards' own suites, skipped with the reason where they are not beside the checkout.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SuiteFactAttribute : FactAttribute
{
    public SuiteFactAttribute(string folder)
    {
        if (SuiteData.Find(folder) is null)
            Skip = $"the test data {folder} is neither in ../shared/data beside the checkout nor in INTEROP_TEST_DATA";
    }
}

/// <summary>Where the third-party test data lies.</summary>
internal static class SuiteData
{
    private static readonly string? Root = FindRoot();

    public static string? Find(string folder)
    {
        if (Root is null)
            return null;
        string path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? path : null;
    }

    public static string Require(string folder) => Find(folder) ?? throw new DirectoryNotFoundException(folder);

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } given)
            return given;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Interop.sln")) || folder.Parent is null)
                continue;
            string beside = Path.Combine(folder.Parent.FullName, "shared", "data");
            if (Directory.Exists(beside))
                return beside;
        }
        return null;
    }
}
