using System.Collections.Immutable;

namespace Interop.Scheduling;

/// <inheritdoc cref="IScheduleQueryGrain"/>
[StatelessWorker]
internal sealed class ScheduleQueryGrain(ScheduleCatalog jobs) : Grain, IScheduleQueryGrain
{
    public Task<ImmutableArray<string>> ListJobs() => Task.FromResult(jobs.Names.ToImmutableArray());
}
