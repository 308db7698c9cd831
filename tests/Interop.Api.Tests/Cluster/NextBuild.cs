using System.Diagnostics;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

/// <summary>
/// The next build of the program: this source with a new method of a grain interface, a longer message, a changed view of the platform, and
/// a new version. Its front end calls the new method for <c>/api/cluster</c>.
/// </summary>
internal static class NextBuild
{
    public const string Version = "9.9.0";

    /// <summary>The column that the next build's view of patients has.</summary>
    public const string Column = "next_build";

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly string[] Sources = ["src", "engine", "samples", "views"];

    private static readonly (string File, string Old, string New)[] Edits =
    [
        (
            "src/Interop.Grains.Abstractions/Ingestion/ICheckpointGrain.cs",
            """[Alias("Interop.ICheckpointGrain")]""",
            """[Alias("Interop.ICheckpointGrain"), Orleans.CodeGeneration.Version(1)]"""
        ),
        (
            "src/Interop.Grains.Abstractions/Ingestion/ICheckpointGrain.cs",
            "    Task<bool> Forget();",
            """    Task<bool> Forget(); [Alias("NewMethod")] Task<string> NewMethod();"""
        ),
        (
            "src/Interop.Grains/Ingestion/CheckpointGrain.cs",
            "    public Task<bool> Forget()",
            """    public Task<string> NewMethod() => Task.FromResult("new"); public Task<bool> Forget()"""
        ),
        (
            "src/Interop.Grains.Abstractions/Ingestion/RunRequest.cs",
            "public sealed record StartRunResult(StartOutcome Outcome, long RunId, string Status, string? Reason = null);",
            "public sealed record StartRunResult(StartOutcome Outcome, long RunId, string Status, string? Reason = null, string? Added = null);"
        ),
        (
            "src/Interop.Api/Cluster/ClusterEndpoints.cs",
            "                VersionOf(typeof(ClusterEndpoints).Assembly),",
            """                VersionOf(typeof(ClusterEndpoints).Assembly) + " " + await grains.GetGrain<Interop.Ingestion.ICheckpointGrain>("default/Patient").NewMethod(),"""
        ),
        ("src/Interop.Fhir/Views/DefaultViews.cs", "public const int Version = ", "public const int Version = 1 + "),
        (
            "views/patients.json",
            "        { \"name\": \"gender\"",
            $"        {{ \"name\": \"{Column}\", \"path\": \"active\", \"type\": \"boolean\" }},\n        {{ \"name\": \"gender\""
        ),
    ];

    /// <summary>Copies the source, changes it and builds it.</summary>
    /// <returns>The folder of the built program.</returns>
    public static async Task<string> CreateAsync(TemporaryFolder folder)
    {
        var root = FindRoot();
        foreach (
            var file in Sources
                .SelectMany(name => Directory.EnumerateFiles(Path.Combine(root, name), "*", SearchOption.AllDirectories))
                .Concat(Directory.EnumerateFiles(root).Where(file => Path.GetExtension(file) is ".props" or ".targets" or ".json"))
                .Append(Path.Combine(root, ".editorconfig"))
        )
        {
            var copy = folder.File(Path.GetRelativePath(root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var (file, old, replacement) in Edits)
        {
            var text = await File.ReadAllTextAsync(folder.File(file));
            Assert.True(text.Split(old).Length == 2, $"{file} has not once: {old}");
            await File.WriteAllTextAsync(folder.File(file), text.Replace(old, replacement, StringComparison.Ordinal));
        }

        await BuildAsync(folder.Path);
        return folder.File("artifacts/Orleans/bin/Interop.Silo/debug");
    }

    private static async Task BuildAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "build",
                "src/Interop.Silo",
                "-p:Engine=Orleans",
                $"-p:Version={Version}",
                "-p:RunAnalyzers=false",
                "-p:TreatWarningsAsErrors=false",
                "-p:GenerateDocumentationFile=false",
                "-nologo",
                "-v",
                "quiet",
                "-nodeReuse:false",
            },
        };
        // Of the process that runs this test: they would point the new build to its files.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var build = Process.Start(start)!;
        using var limit = new CancellationTokenSource(BuildLimit);
        var output = await build.StandardOutput.ReadToEndAsync(limit.Token);
        await build.WaitForExitAsync(limit.Token);
        Assert.True(build.ExitCode == 0, output);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run in a checkout");
        return folder.FullName;
    }
}
