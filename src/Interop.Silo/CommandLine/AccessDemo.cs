using System.Diagnostics;
using System.Text.Json;
using Interop.Anomaly;
using Interop.Ingestion;
using Interop.Polling;
using Interop.Sandbox;
using Interop.Sandbox.Hospital;
using Interop.Silo.Hosting;
using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary>
/// The demo's access monitoring. A simulated hospital serves clinical resources and AuditEvents: four days without attacks, which train the
/// model, and then one day with some. The hospital's clock stands still until the summary is printed, so every run shows the same.
/// </summary>
internal sealed class AccessDemo : IAsyncDisposable
{
    public const string Source = "hospital";

    private const int ShownAlerts = 3;
    private const int ShownReasons = 2;
    private const double SpeedAfterwards = 60;

    private static readonly string[] Types =
    [
        "Location",
        "Practitioner",
        "PractitionerRole",
        "Patient",
        "Encounter",
        "Appointment",
        "CareTeam",
        "ServiceRequest",
        "MedicationRequest",
    ];

    private static readonly HospitalOptions Hospital = new()
    {
        Agents = 60,
        Patients = 500,
        Days = 6,
        TrainingDays = 4,
        Activity = 0.6,
        AttackShare = 0.01,
    };

    private readonly SandboxServer _sandbox;
    private readonly DemoClock _clock;

    private AccessDemo(SandboxServer sandbox, DemoClock clock) => (_sandbox, _clock) = (sandbox, clock);

    private static DateTimeOffset TrainingEnd => Hospital.Start.AddDays(Hospital.TrainingDays);

    /// <summary>The settings of its source and poller.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings =>
        [
            new($"Sources:{Source}:BaseUrl", _sandbox.FhirBase.AbsoluteUri),
            // The first poll must find the clinical resources.
            new($"Pollers:{Source}:Enabled", "false"),
            new($"Pollers:{Source}:Interval", "5"),
            new($"Pollers:{Source}:BatchSize", "500"),
            new($"Pollers:{Source}:Since", Hospital.Start.ToString("O")),
        ];

    public static async Task<AccessDemo> StartAsync(CancellationToken cancellationToken)
    {
        var clock = new DemoClock(TrainingEnd);
        var feed = new HospitalFeed { Simulation = Hospital, VisibleAtStart = TimeSpan.FromDays(Hospital.TrainingDays) };
        return new AccessDemo(
            await SandboxServer.StartAsync(new SandboxOptions { Hospital = feed, Time = clock }, cancellationToken),
            clock
        );
    }

    /// <summary>Ingests, polls, trains, polls the day of the attacks, and prints the first alerts.</summary>
    /// <returns>Whether all went well.</returns>
    public async Task<bool> RunAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var type in Types)
        {
            if (await IngestAsync(grains, type, cancellationToken) is { } failure)
            {
                AnsiConsole.MarkupLineInterpolated($"[red]{type}[/] of the simulated hospital: {Terminal.Printable(failure)}");
                return false;
            }
        }

        var poller = grains.GetGrain<IAuditEventPollerGrain>(Source);
        var problem = await PollAsync(poller);
        _clock.Advance(TimeSpan.FromDays(1));
        problem ??= await PollAsync(poller);
        if (problem is not null)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]polling[/] of the simulated hospital: {Terminal.Printable(problem)}");
            return false;
        }

        var events = (await poller.GetStatus())!.Events;
        await PrintAsync(grains.GetQuery<IAlertQueryGrain>(), events, Stopwatch.GetElapsedTime(started));
        return true;
    }

    /// <summary>Advances the hospital's time by a minute each second, and polls the hospital.</summary>
    public Task GoOnAsync(IGrainFactory grains)
    {
        _clock.Run(SpeedAfterwards);
        return grains.GetGrain<IAuditEventPollerGrain>(Source).Start();
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    private static async Task<string?> IngestAsync(IGrainFactory grains, string type, CancellationToken cancellationToken)
    {
        var started = await grains
            .Checkpoint(Source, type)
            .StartRun(new RunRequest(null, Full: false, MissingPatients.Ignore, RunMeta.None, Adopt: true));
        await foreach (var _ in grains.Run(started.RunId).FollowToEndAsync(cancellationToken))
            continue;
        var summary = (await grains.IngestionQueries().GetSummary(started.RunId))!;
        return summary.Status == RunStatus.Success ? null : summary.Error ?? summary.Status;
    }

    private static async Task<string?> PollAsync(IAuditEventPollerGrain poller)
    {
        while (true)
        {
            try
            {
                return (await poller.Poll()).Error;
            }
            catch (TimeoutException)
            {
                // The poll continues without this call, and the next call waits for it.
            }
        }
    }

    private static async Task PrintAsync(IAlertQueryGrain query, long events, TimeSpan duration)
    {
        var alerts = (await query.List(new AlertFilter(null, TrainingEnd, TrainingEnd.AddDays(1), Source, null, null, 10_000)))
            .Where(a => a.Severity != "LOW")
            .ToList();
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]access monitoring[/]  {events:N0} AuditEvents of a simulated hospital polled and scored in {duration.TotalSeconds:0.0} s"
        );
        AnsiConsole.MarkupLineInterpolated(
            $"  {alerts.Count(a => a.Severity == "HIGH")} HIGH and {alerts.Count(a => a.Severity == "MEDIUM")} MEDIUM alerts on its day with attacks; the first three agents of the highest score:"
        );
        foreach (
            var alert in alerts
                .OrderBy(a => a.Severity == "HIGH" ? 0 : 1)
                .ThenByDescending(a => a.Score)
                .ThenBy(a => a.Time)
                .DistinctBy(a => a.Agent)
                .Take(ShownAlerts)
        )
        {
            var patient = alert.Patient is null ? "" : $" -> {alert.Patient}";
            AnsiConsole.MarkupLineInterpolated(
                $"  [bold]{alert.Severity}[/] {alert.Time:ddd HH:mm} {alert.Agent} ({alert.Role}), {alert.Kind}{patient}: {alert.PredictedClass}"
            );
            foreach (var reason in JsonDocument.Parse(alert.Reasons.Text).RootElement.EnumerateArray().Take(ShownReasons))
                AnsiConsole.MarkupLineInterpolated($"    [grey]- {reason.GetProperty("text").GetString()}[/]");
        }
    }

    /// <summary>A clock that stands still until it is started.</summary>
    private sealed class DemoClock(DateTimeOffset start) : TimeProvider
    {
        private readonly Lock _lock = new();
        private DateTimeOffset _now = start;
        private long _runsSince;
        private double _speed;

        public override DateTimeOffset GetUtcNow()
        {
            lock (_lock)
                return _speed == 0 ? _now : _now + (Stopwatch.GetElapsedTime(_runsSince) * _speed);
        }

        public void Advance(TimeSpan time)
        {
            lock (_lock)
                _now += time;
        }

        public void Run(double speed)
        {
            lock (_lock)
                (_runsSince, _speed) = (Stopwatch.GetTimestamp(), speed);
        }
    }
}
