namespace Interop.Scheduling;

/// <summary>The grains of scheduling by what they stand for.</summary>
public static class SchedulingGrains
{
    /// <summary>One job of the settings.</summary>
    public static IScheduleGrain Schedule(this IGrainFactory grains, string job) => grains.GetGrain<IScheduleGrain>(job);

    /// <summary>Queries over jobs.</summary>
    public static IScheduleQueryGrain ScheduleQueries(this IGrainFactory grains) => grains.GetQuery<IScheduleQueryGrain>();
}
