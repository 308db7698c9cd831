using System.Collections.Immutable;

namespace Interop.Access;

/// <inheritdoc cref="IAuditTrailGrain"/>
[StatelessWorker(2)]
internal sealed class AuditTrailGrain(AuditJournal journal) : Grain, IAuditTrailGrain
{
    // The wait for the disk is outside the grain's turn.
    public Task Record(ImmutableArray<AuditRecord> records) => Task.Run(() => journal.Append(records));
}
