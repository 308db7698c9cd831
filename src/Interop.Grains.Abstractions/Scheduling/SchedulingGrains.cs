namespace Interop.Scheduling;

/// <summary>References to the grains of scheduling. This is the only place that makes their keys.</summary>
public static class SchedulingGrains
{
    /// <summary>One job of the settings.</summary>
    public static IScheduleGrain Schedule(this IGrainFactory grains, string job) => grains.GetGrain<IScheduleGrain>(job);

    /// <summary>Queries over jobs.</summary>
    public static IScheduleQueryGrain ScheduleQueries(this IGrainFactory grains) => grains.GetQuery<IScheduleQueryGrain>();
}
