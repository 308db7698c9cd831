using System.Collections.Immutable;

namespace Interop.Scheduling;

/// <summary>Reads over all jobs. Stateless.</summary>
[Alias("Interop.IScheduleQueryGrain")]
public interface IScheduleQueryGrain : IQueryGrain
{
    /// <summary>The names of the jobs in the settings, in their order.</summary>
    [Alias("ListJobs")]
    Task<ImmutableArray<string>> ListJobs();
}
