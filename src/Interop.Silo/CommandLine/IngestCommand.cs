using System.CommandLine;
using Interop.Ingestion;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;

namespace Interop.Silo.CommandLine;

/// <summary><c>ingest TYPE... --source URL</c>: one run per type, without a server. <c>ingest --files DIR</c>: one run over
/// files.</summary>
internal static class IngestCommand
{
    /// <summary>The source name of runs and checkpoints when the command line gives a URL.</summary>
    private const string DefaultSource = "default";

    /// <summary>The source name of files, unless the command line gives another.</summary>
    private const string FilesSource = "files";

    public static Command Create(SettingsOptions settings)
    {
        var types = new Argument<string[]>("TYPE")
        {
            Description = "Resource types: Patient or patients, Observation or observations, ... With --files: only these; without: all",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var source = new Option<string?>("--source") { Description = "A FHIR base URL, or the name of a source of the settings" };
        var full = new Option<bool>("--full") { Description = "Ignore the checkpoint" };
        var adopt = new Option<bool>("--adopt") { Description = "The server of the source has moved: its new URL replaces the old one" };
        var files = new Option<string?>("--files")
        {
            Description =
                "A folder or file instead of a server: NDJSON, Bundles or single resources, also .gz; --source then names where they belong (files)",
        };
        var mode = new Option<string?>("--mode")
        {
            Description = "Where the resources come from: search, bulk, history, auto or reconcile; else as the source's settings say",
        };
        mode.AcceptOnlyFromAmong([.. RunMode.OfServers]);
        var command = new Command("ingest", "Ingest resource types once, without a server") { types, source, files, mode, full, adopt };
        command.Validators.Add(result =>
        {
            if (result.GetValue(types) is not { Length: > 0 } && result.GetValue(files) is null)
                result.AddError("give the resource types to ingest, or --files DIR");
        });
        settings.AddTo(command, isServer: false);
        command.SetAction(
            (parsed, token) =>
            {
                var from = parsed.GetValue(source);
                var isUrl = from?.Contains("://", StringComparison.Ordinal) ?? false;
                var folder = parsed.GetValue(files) is { } path ? Path.GetFullPath(path) : null;
                if (folder is not null && isUrl)
                    throw new SettingsException("--files reads from no server: give --source a name, not a URL");
                if (folder is not null && !Path.Exists(folder))
                    throw new SettingsException($"there is no folder or file {folder}");
                var read = isUrl ? settings.Read(parsed, new KeyValuePair<string, string?>("FHIR_BASE_URL", from)) : settings.Read(parsed);
                string[] named = [.. parsed.GetValue(types)!.Select(IngestedType.Parse)];
                return RunAsync(
                    read,
                    isUrl ? DefaultSource : from ?? (folder is null ? DefaultSource : FilesSource),
                    named.Length > 0 ? named : [RunMode.EveryType],
                    type => new RunRequest(
                        null,
                        parsed.GetValue(full),
                        IngestedType.MissingPatientsOf(type),
                        RunMeta.None,
                        parsed.GetValue(adopt),
                        parsed.GetValue(mode),
                        folder
                    ),
                    token
                );
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        InteropSettings settings,
        string source,
        string[] types,
        Func<string, RunRequest> request,
        CancellationToken cancellationToken
    )
    {
        if (request(types[0]).Files is null && !settings.Sources.ContainsKey(source))
            throw new SettingsException($"no source '{source}': give --source URL, or set FHIR_BASE_URL");
        using var host = await InteropHost.CreateWorkerAsync(settings with { LogLevel = Quiet(settings.LogLevel) }, cancellationToken);
        await host.StartAsync(cancellationToken);
        try
        {
            var report = await IngestionReport.RunAsync(
                host.Services.GetRequiredService<IGrainFactory>(),
                source,
                types,
                request,
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
