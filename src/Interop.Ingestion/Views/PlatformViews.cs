using Interop.Fhir.Views;

namespace Interop.Ingestion.Views;

/// <summary>The views that come with the platform (<c>views/*.json</c>).</summary>
internal static class PlatformViews
{
    public static IEnumerable<string> Names => DefaultViews.All.Keys;

    public static bool Has(string name) => DefaultViews.All.ContainsKey(name);

    /// <summary>The type that one of the platform's views reads, also when it was redefined; null for other names.</summary>
    public static string? ResourceTypeOf(string name) => DefaultViews.All.GetValueOrDefault(name)?.Definition.Resource;
}
