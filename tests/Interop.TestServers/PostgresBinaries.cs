using System.Diagnostics;

namespace Interop.TestServers;

/// <summary>Finds the folder of PostgreSQL's programs.</summary>
internal static class PostgresBinaries
{
    private static readonly Lazy<string> Found = new(() =>
        Candidates()
            .FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")))
        ?? throw new InvalidOperationException(
            "No PostgreSQL server is installed here (looked at pg_config --bindir, /usr/lib/postgresql/*/bin and PATH): run ./test.sh, which installs it"
        )
    );

    /// <exception cref="InvalidOperationException">PostgreSQL is not installed. The message says how to install it.</exception>
    public static string Directory => Found.Value;

    private static IEnumerable<string> Candidates()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (path.Select(directory => Path.Combine(directory, "pg_config")).FirstOrDefault(File.Exists) is { } pgConfig)
            yield return Output(pgConfig, "--bindir");
        if (System.IO.Directory.Exists("/usr/lib/postgresql"))
        {
            var versions = System
                .IO.Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(directory => double.TryParse(Path.GetFileName(directory), out var version) ? version : 0);
            foreach (var version in versions)
                yield return Path.Combine(version, "bin");
        }
        foreach (var directory in path)
            yield return directory;
    }

    private static string Output(string program, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output;
    }
}
