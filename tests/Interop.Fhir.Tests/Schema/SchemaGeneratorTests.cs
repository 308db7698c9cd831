using System.Diagnostics;

namespace Interop.Fhir.Tests.Schema;

/// <summary>The generator reproduces the committed table from the definitions, where they are available.</summary>
public class SchemaGeneratorTests
{
    [SchemaSourceFact]
    public void The_committed_table_is_reproducible()
    {
        var start = new ProcessStartInfo("bash", [SchemaSourceFactAttribute.Script!, "--check"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "the generator did not end");

        Assert.True(process.ExitCode == 0, output.Result + errors.Result);
        Assert.Contains("reproducible and up to date", output.Result, StringComparison.Ordinal);
    }
}

/// <summary>
/// A test that makes the table anew, which takes a package from a registry and a build of its own: only where INTEROP_LONG=1 asks for it,
/// in a checkout.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SchemaSourceFactAttribute : FactAttribute
{
    public SchemaSourceFactAttribute()
    {
        if (Script is null)
            Skip = "The generator is in the checkout's eng folder, and this is not one.";
        else if (Environment.GetEnvironmentVariable("INTEROP_LONG") != "1")
            Skip =
                "Making the schema table anew needs the npm package of the definitions: set INTEROP_LONG=1, or run eng/generate-r4-schema.sh --check.";
    }

    public static string? Script { get; } = FindScript();

    private static string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "eng", "generate-r4-schema.sh");
            if (File.Exists(script))
                return script;
        }

        return null;
    }
}
