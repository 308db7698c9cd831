using System.CommandLine;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary><c>demo</c>: the program and the sandbox in one process.</summary>
internal static class DemoCommand
{
    /// <summary>Patients that the first run misses. Their observations become dead letters, and a later replay loads them.</summary>
    private const double LatePatientShare = 0.005;

    private static readonly string[] Types = ["Patient", "Observation", "Encounter", "Condition"];

    public static Command Create(SettingsOptions settings)
    {
        var exit = new Option<bool>("--exit") { Description = "End after the summary instead of going on serving" };
        var fresh = new Option<bool>("--fresh") { Description = "Empty the demo's data first" };
        var patients = new Option<int>("--patients") { Description = "Synthetic patients", DefaultValueFactory = _ => 1000 };
        var data = new Option<DirectoryInfo?>("--data")
        {
            Description = "Serve the NDJSON(.gz) files of this folder instead of synthetic data",
        };
        var command = new Command("demo", "Start sandbox upstreams and the platform, ingest, show, go on serving")
        {
            exit,
            fresh,
            patients,
            data,
        };
        settings.AddTo(command, isServer: true);
        command.SetAction(
            (parsed, token) =>
                RunAsync(
                    settings,
                    parsed,
                    parsed.GetValue(exit),
                    parsed.GetValue(fresh),
                    parsed.GetValue(patients),
                    parsed.GetValue(data)?.FullName,
                    token
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        SettingsOptions options,
        ParseResult parsed,
        bool exit,
        bool fresh,
        int patients,
        string? data,
        CancellationToken cancellationToken
    )
    {
        await using var sandbox = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = patients,
                DataDirectory = data,
                LatePatientShare = LatePatientShare,
            },
            cancellationToken
        );
        await using var access = await AccessDemo.StartAsync(cancellationToken);
        var settings = DemoSettings(options, parsed, sandbox.FhirBase, access);
        using var folder = DemoFolder.Open(settings.DataDirectory, fresh);
        if (folder.IsKept)
            AnsiConsole.MarkupLineInterpolated(
                $"[grey]data      {settings.DataDirectory} is kept from an earlier demo: only what changed since is fetched; --fresh starts anew[/]"
            );
        await using var app = await InteropHost.CreateServerAsync(settings, cancellationToken);
        AnsiConsole.MarkupLineInterpolated($"[grey]sandbox   {sandbox.BaseAddress} with {patients:N0} synthetic patients[/]");
        var address = await ServeCommand.StartAsync(app, settings, cancellationToken);
        AnsiConsole.WriteLine();
        try
        {
            var grains = app.Services.GetRequiredService<IGrainFactory>();
            var report = await IngestionReport.RunAsync(
                grains,
                "default",
                Types,
                type => new RunRequest(null, Full: false, IngestedType.MissingPatientsOf(type), RunMeta.None, Adopt: true),
                cancellationToken
            );
            var isWell = report.AllWell && await access.RunAsync(grains, cancellationToken);
            if (exit || !isWell)
                return isWell ? ExitCodes.Success : ExitCodes.Failure;
            await access.GoOnAsync(grains);
            AnsiConsole.MarkupLineInterpolated(
                $"Still serving. Open [bold]{address}[/] in a browser, or try: curl {new Uri(address, "runs")}. Ctrl+C ends."
            );
            await ServeCommand.WaitAsync(cancellationToken);
            return ExitCodes.Success;
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>The settings of the user, with the demo's own source and folder. DB_URL is ignored, because it may be a real database;
    /// --db is used.</summary>
    private static InteropSettings DemoSettings(SettingsOptions options, ParseResult parsed, Uri fhirBase, AccessDemo access)
    {
        var given = options.Read(parsed);
        var folder = Path.Combine(given.DataDirectory, "demo");
        List<KeyValuePair<string, string?>> own =
        [
            new("FHIR_BASE_URL", fhirBase.AbsoluteUri),
            new("INTEROP_DATA", folder),
            .. access.Settings,
        ];
        if (!options.NamesDatabase(parsed))
            own.AddRange([new("DB_URL", ""), new("DB_URL_FILE", "")]);
        var settings = options.Read(parsed, [.. own]);
        return settings with { LogLevel = IngestCommand.Quiet(settings.LogLevel) };
    }
}
