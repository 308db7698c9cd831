using Interop.Fhir.Views;

namespace Interop.Ingestion.Views;

/// <summary>The views that come with the platform (<c>views/*.json</c>).</summary>
internal static class PlatformViews
{
    public static IEnumerable<string> Names => DefaultViews.All.Keys;

    public static bool Has(string name) => DefaultViews.All.ContainsKey(name);

    /// <summary>The type that a platform's view reads, whoever redefines it; null where the name is not one of the platform's.</summary>
    public static string? ResourceTypeOf(string name) => DefaultViews.All.GetValueOrDefault(name)?.Definition.Resource;
}
