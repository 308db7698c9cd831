namespace Interop.Views;

/// <summary>The grains of views by what they stand for. The only place that knows how their keys are made.</summary>
public static class ViewGrains
{
    /// <summary>One view.</summary>
    public static IViewGrain View(this IGrainFactory grains, string name) => grains.GetGrain<IViewGrain>(name);

    /// <summary>Queries over views and their rows.</summary>
    public static IViewQueryGrain ViewQueries(this IGrainFactory grains) => grains.GetQuery<IViewQueryGrain>();
}
