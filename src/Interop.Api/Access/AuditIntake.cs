using Interop.Access;
using Interop.Api.Calls;
using Interop.Health;

namespace Interop.Api.Access;

/// <summary>Sends audit records to a silo. Records that arrive during a call are sent together in the next one.</summary>
internal sealed class AuditIntake
{
    private const int MaxRecords = 1_000;
    private const int MaxWaitingRecords = 50_000;
    private const int MaxCalls = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Coalescer<AuditRecord, bool> _calls;
    private readonly TimeProvider _time;
    private Failed? _failed;

    public AuditIntake(IGrainFactory grains, TimeProvider time)
    {
        _time = time;
        _calls = new Coalescer<AuditRecord, bool>(
            async records =>
            {
                await grains.GetGrain<IAuditTrailGrain>(0).Record(records);
                return Enumerable.Repeat(true, records.Length).ToArray();
            },
            _ => 1,
            new CoalescerLimits(MaxRecords, MaxRecords, MaxCalls, MaxWaitingRecords)
        );
    }

    private sealed record Failed(long At, Exception Reason);

    /// <summary>Why the last record, a moment ago, could not be stored; null: it was stored.</summary>
    public Exception? RecentFailure =>
        Volatile.Read(ref _failed) is { } failed && _time.GetElapsedTime(failed.At) < Pause ? failed.Reason : null;

    /// <summary>Completes when the record is on a disk.</summary>
    /// <exception cref="NotReadyException">The record cannot be stored.</exception>
    public async Task RecordAsync(AuditRecord record)
    {
        try
        {
            await (_calls.SubmitAsync(record) ?? throw new NotReadyException("too many audit records wait"));
            Volatile.Write(ref _failed, null);
        }
        catch (Exception e)
        {
            Volatile.Write(ref _failed, new Failed(_time.GetTimestamp(), e));
            throw;
        }
    }
}
