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
    private long _failedAt;

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

    /// <summary>Whether the last record, a moment ago, could not be stored.</summary>
    public bool IsFailing => Volatile.Read(ref _failedAt) is var at && at != 0 && _time.GetElapsedTime(at) < Pause;

    /// <summary>Completes when the record is on a disk.</summary>
    /// <exception cref="NotReadyException">The record cannot be stored.</exception>
    public async Task RecordAsync(AuditRecord record)
    {
        try
        {
            await (_calls.SubmitAsync(record) ?? throw new NotReadyException("too many audit records wait"));
            Volatile.Write(ref _failedAt, 0);
        }
        catch
        {
            Volatile.Write(ref _failedAt, _time.GetTimestamp());
            throw;
        }
    }
}
