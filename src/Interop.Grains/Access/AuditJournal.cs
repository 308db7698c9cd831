using System.Collections.Immutable;
using System.Text.Json;
using Interop.Anomaly;
using Interop.Health;
using Interop.Polling;
using Interop.Storage.Files;
using Interop.Storage.Spooling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Access;

/// <summary>
/// The audit records of this process that the database does not have yet: a record is on the disk before its request is answered, and goes
/// to the poller of the source <c>interop</c> in batches. A batch that is sent twice after a crash is stored once, because every record has
/// an id.
/// </summary>
internal sealed partial class AuditJournal : BackgroundService
{
    private const int MaxBatch = 500;
    private static readonly TimeSpan BatchPeriod = TimeSpan.FromMilliseconds(200); // a busy server then writes few, large batches
    private static readonly TimeSpan ScorePeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RecordSpool _spool;
    private readonly SemaphoreSlim _added = new(0);
    private long _scoredAt;

    /// <exception cref="IOException">The folder cannot be used, or another process uses it.</exception>
    public AuditJournal(IGrainFactory grains, IOptions<AuditOptions> options, TimeProvider time, ILogger<AuditJournal> log)
    {
        (_grains, _time, _log) = (grains, time, log);
        _spool = new RecordSpool(options.Value.SpoolDirectory, options.Value.MaxSpoolMebibytes * 1024L * 1024, log);
    }

    /// <summary>Returns when the records are on the disk.</summary>
    /// <exception cref="NotReadyException">The trail is full, or the disk fails. None of the records is stored.</exception>
    /// <exception cref="StorageFullException">The disk has no space left. None of the records is stored.</exception>
    public void Append(ImmutableArray<AuditRecord> records)
    {
        try
        {
            var spooled = records.Select(record => new SpoolRecord(
                SpoolRecord.Dated,
                record.At,
                JsonSerializer.SerializeToUtf8Bytes(record)
            ));
            if (_spool.Append([.. spooled]) is null)
                throw new NotReadyException($"the audit trail is full ({_spool.Bytes} bytes wait for the database)");
        }
        catch (IOException e)
        {
            LogDiskFailed(e);
            if (DiskFull.IsReason(e))
                throw new StorageFullException("no space is left on the disk of the audit trail");
            throw new NotReadyException("the audit trail cannot be written");
        }
        if (_added.CurrentCount == 0)
            _added.Release();
    }

    public override void Dispose()
    {
        base.Dispose();
        _spool.Dispose();
        _added.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await SendAsync())
                    await Task.Delay(BatchPeriod, _time, stoppingToken);
                delay = FirstDelay;
                await _added.WaitAsync(stoppingToken);
                await Task.Delay(BatchPeriod, _time, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSent(e, delay);
                await Task.Delay(delay, _time, stoppingToken);
                delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
            }
        }
    }

    /// <summary>False: everything is in the database.</summary>
    private async Task<bool> SendAsync()
    {
        if (_spool.Read(MaxBatch) is not { } chunk)
            return false;
        var records = chunk.Records.Select(record => JsonSerializer.Deserialize<AuditRecord>(record.Payload.Span)!);
        var result = await _grains
            .GetGrain<IAuditEventPollerGrain>(AuditTrail.Source)
            .Notify(OwnAuditEvent.Bundle(records, $"interop@{Environment.MachineName}"));
        if (result.Problem is { } problem)
            throw new InvalidOperationException($"the poller refuses the platform's own AuditEvents: {problem}");
        _spool.Release(chunk.Segment, chunk.End);
        await ScoreAsync();
        return true;
    }

    /// <summary>Scores the events that were stored before the first model, which is trained when there are enough of them.</summary>
    private async Task ScoreAsync()
    {
        if (_scoredAt != 0 && _time.GetElapsedTime(_scoredAt) < ScorePeriod)
            return;
        _scoredAt = _time.GetTimestamp();
        try
        {
            await _grains.GetGrain<IAnomalyModelGrain>(0).ScoreStored();
        }
        catch (TimeoutException)
        {
            // The work continues without this call.
        }
    }

    [LoggerMessage(7101, LogLevel.Error, "The audit trail cannot be written: audited requests are refused with 503")]
    private partial void LogDiskFailed(Exception e);

    [LoggerMessage(7102, LogLevel.Warning, "Audit records could not be stored yet; the next try follows in {Delay}")]
    private partial void LogNotSent(Exception e, TimeSpan delay);
}
