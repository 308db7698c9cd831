using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>
/// Writes alerts as JSON lines to the log file, after they are stored. Alerts that cannot be written are named in the program's log: the
/// table has them.
/// </summary>
public sealed partial class AlertLog(IOptions<AlertOptions> options, ILogger<AlertLog> log) : BackgroundService
{
    private const int MostWaiting = 10_000;
    private const int MostAtOnce = 500;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Channel<ScoredAccess> _waiting = Channel.CreateBounded<ScoredAccess>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );

    internal void Publish(ScoredAccess access)
    {
        if (options.Value.LogFile.Length > 0 && !_waiting.Writer.TryWrite(access))
            LogDropped(access.Id);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete(); // waiting alerts are still written
        if (ExecuteTask is { } writing)
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
        {
            var alerts = new List<ScoredAccess>();
            while (alerts.Count < MostAtOnce && _waiting.Reader.TryRead(out var alert))
                alerts.Add(alert);
            Write(alerts);
        }
    }

    private void Write(List<ScoredAccess> alerts)
    {
        try
        {
            var file = new FileInfo(options.Value.LogFile);
            Directory.CreateDirectory(file.DirectoryName!);
            if (file.Exists && file.Length > options.Value.LogMebibytes * 1024L * 1024)
                file.MoveTo($"{file.FullName}.1", overwrite: true);
            File.AppendAllLines(options.Value.LogFile, alerts.Select(Line));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(options.Value.LogFile, alerts[0].Id, alerts.Count, e.Message);
        }
    }

    private static string Line(ScoredAccess access) =>
        JsonSerializer.Serialize(
            new
            {
                access.Id,
                Timestamp = access.Event.Time,
                access.Source,
                access.Event.Agent,
                access.Event.Patient,
                access.Event.Action,
                Severity = access.Verdict!.Severity.ToString().ToUpperInvariant(),
                Score = Math.Round(access.Verdict.Score, 4),
                access.Verdict.Rarity,
                PredictedClass = AlertJson.Name(access.Verdict.PredictedClass),
                Reasons = access.Verdict.Reasons.Select(r => r.Text),
                access.Verdict.ModelVersion,
            },
            Json
        );

    [LoggerMessage(3201, LogLevel.Warning, "The alert {Id} is stored but was not written to the alert log: too many wait")]
    private partial void LogDropped(string id);

    [LoggerMessage(3202, LogLevel.Error, "{Count} alerts from {First} on are stored but cannot be written to {File}: {Reason}")]
    private partial void LogFailed(string file, string first, int count, string reason);
}
