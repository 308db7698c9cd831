using System.CommandLine;
using Interop.Ingestion;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;

namespace Interop.Silo.CommandLine;

/// <summary><c>ingest TYPE... --source URL</c>: one run per type, without a server.</summary>
internal static class IngestCommand
{
    /// <summary>The source name of runs and checkpoints when the command line gives a URL.</summary>
    private const string DefaultSource = "default";

    public static Command Create(SettingsOptions settings)
    {
        var types = new Argument<string[]>("TYPE")
        {
            Description = "Resource types: Patient or patients, Observation or observations, ...",
            Arity = ArgumentArity.OneOrMore,
        };
        var source = new Option<string?>("--source") { Description = "A FHIR base URL, or the name of a source of the settings" };
        var full = new Option<bool>("--full") { Description = "Ignore the checkpoint" };
        var adopt = new Option<bool>("--adopt") { Description = "The server of the source has moved: its new URL replaces the old one" };
        var command = new Command("ingest", "Ingest resource types once, without a server") { types, source, full, adopt };
        settings.AddTo(command, isServer: false);
        command.SetAction(
            (parsed, token) =>
            {
                var from = parsed.GetValue(source);
                var isUrl = from?.Contains("://", StringComparison.Ordinal) ?? false;
                var read = isUrl ? settings.Read(parsed, new KeyValuePair<string, string?>("FHIR_BASE_URL", from)) : settings.Read(parsed);
                return RunAsync(
                    read,
                    [.. parsed.GetValue(types)!.Select(IngestedType.Parse)],
                    isUrl ? DefaultSource : from ?? DefaultSource,
                    parsed.GetValue(full),
                    parsed.GetValue(adopt),
                    token
                );
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        InteropSettings settings,
        string[] types,
        string source,
        bool full,
        bool adopt,
        CancellationToken cancellationToken
    )
    {
        if (!settings.Sources.ContainsKey(source))
            throw new SettingsException($"no source '{source}': give --source URL, or set FHIR_BASE_URL");
        using var host = await InteropHost.CreateWorkerAsync(settings with { LogLevel = Quiet(settings.LogLevel) }, cancellationToken);
        await host.StartAsync(cancellationToken);
        try
        {
            var report = await IngestionReport.RunAsync(
                host.Services.GetRequiredService<IGrainFactory>(),
                source,
                types,
                full,
                adopt,
                cancellationToken
            );
            return report.AllWell ? ExitCodes.Success : ExitCodes.Failure;
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>A log line per run would break the progress display.</summary>
    public static string Quiet(string level) =>
        level.StartsWith("info", StringComparison.OrdinalIgnoreCase) ? nameof(LogLevel.Warning) : level;
}
