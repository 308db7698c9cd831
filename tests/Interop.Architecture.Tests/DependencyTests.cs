using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Interop.Architecture.Tests;

/// <summary>Which projects may refer to which (docs/architecture.md).</summary>
public sealed partial class DependencyTests
{
    public static TheoryData<string, string[]> Projects =>
        new()
        {
            { "Interop.Fhir", [] },
            { "Interop.Storage", [] },
            { "Interop.Grains.Abstractions", [] },
            { "Interop.Sources", ["Interop.Fhir"] },
            { "Interop.Ingestion", ["Interop.Fhir", "Interop.Grains.Abstractions", "Interop.Sources", "Interop.Storage"] },
            { "Interop.Monitoring", ["Interop.Fhir", "Interop.Grains.Abstractions", "Interop.Sources", "Interop.Storage"] },
            { "Interop.Uploads", ["Interop.Grains.Abstractions", "Interop.Sources", "Interop.Storage"] },
            { "Interop.Telemetry", ["Interop.Grains.Abstractions", "Interop.Storage"] },
            {
                "Interop.Grains",
                [
                    "Interop.Fhir",
                    "Interop.Grains.Abstractions",
                    "Interop.Ingestion",
                    "Interop.Monitoring",
                    "Interop.Sources",
                    "Interop.Storage",
                    "Interop.Telemetry",
                    "Interop.Uploads",
                ]
            },
            { "Interop.Api", ["Interop.Grains.Abstractions"] },
            { "Interop.Dashboard", ["Interop.Grains.Abstractions"] },
            { "Orleans.Local", [] },
        };

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_the_projects_it_may_use(string project, string[] allowed)
    {
        var file = Path.Combine(
            Root,
            project.StartsWith("Orleans", StringComparison.Ordinal) ? "engine" : "src",
            project,
            $"{project}.csproj"
        );

        var references = XDocument
            .Load(file)
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value))
            .Order(StringComparer.Ordinal);

        Assert.Equal(allowed, references);
    }

    [Theory]
    [InlineData("Interop.Fhir")]
    [InlineData("Interop.Storage")]
    public void Libraries_are_built_without_grains(string assembly) =>
        Assert.DoesNotContain(
            Assembly.Load(assembly).GetReferencedAssemblies(),
            r => r.Name!.StartsWith("Interop.", StringComparison.Ordinal) || r.Name.StartsWith("Orleans.", StringComparison.Ordinal)
        );

    /// <summary>Feature libraries use records of the grain interfaces' assembly, and nothing of the engine.</summary>
    [Theory]
    [InlineData("Interop.Sources")]
    [InlineData("Interop.Ingestion")]
    [InlineData("Interop.Monitoring")]
    [InlineData("Interop.Telemetry")]
    [InlineData("Interop.Uploads")]
    public void A_feature_library_is_compiled_without_the_engine(string assembly) =>
        Assert.DoesNotContain(
            Assembly.Load(assembly).GetReferencedAssemblies(),
            r => r.Name!.StartsWith("Orleans", StringComparison.Ordinal)
        );

    /// <summary>Statements live in the stores: one class per table, named ...Store.</summary>
    [Theory]
    [InlineData("Interop.Ingestion")]
    public void Only_stores_hold_SQL(string project) =>
        Assert.DoesNotContain(
            // A store may be a partial class: RunStore.Reading.cs.
            Sources(project).Where(file => !Path.GetFileName(file).Split('.')[0].EndsWith("Store", StringComparison.Ordinal)),
            file => Statement().IsMatch(File.ReadAllText(file))
        );

    [GeneratedRegex(
        @"\b(SELECT [^;]*\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|DROP TABLE|ALTER TABLE)\b",
        RegexOptions.Singleline
    )]
    private static partial Regex Statement();

    [Fact]
    public void No_folder_is_called_Common_Utils_Helpers_or_Shared() =>
        Assert.DoesNotContain(
            Directory.EnumerateDirectories(Path.Combine(Root, "src"), "*", SearchOption.AllDirectories),
            d => Path.GetFileName(d) is "Common" or "Utils" or "Helpers" or "Shared"
        );

    [Fact]
    public void No_grain_knows_an_engine() =>
        Assert.DoesNotContain(
            Sources("Interop.Grains").Concat(Sources("Interop.Grains.Abstractions")).Concat(Sources("Interop.Api")),
            file => File.ReadLines(file).Any(line => line.StartsWith("#if", StringComparison.Ordinal))
        );

    private static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories);

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no Interop.sln above {AppContext.BaseDirectory}");
    }
}
