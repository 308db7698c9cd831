using System.Reflection;

namespace Interop.Fhir.Views;

/// <summary>
/// The views that come with the platform, from the files of <c>views/</c> in the repository: the normalized tables patients,
/// observations, encounters, conditions and further ones.
/// </summary>
public static class DefaultViews
{
    /// <summary>
    /// Increased with each change of <c>views/*.json</c>. While a cluster is upgraded, silos of two versions share a database: the older
    /// ones
    /// leave the views of the newer ones as they are.
    /// </summary>
    public const int Version = 1;

    private const string Prefix = "views/";

    private static readonly Lazy<IReadOnlyList<ViewDefinition>> Definitions = new(() =>
        [.. Names().Order(StringComparer.Ordinal).Select(name => ViewDefinition.Parse(Read(name), requireName: true))]
    );

    private static readonly Lazy<IReadOnlyDictionary<string, CompiledView>> Compiled = new(() =>
        Definitions.Value.ToDictionary(view => view.Name!, view => CompiledView.Compile(view), StringComparer.Ordinal)
    );

    /// <summary>Every view that comes with the platform, by name.</summary>
    public static IReadOnlyDictionary<string, CompiledView> All => Compiled.Value;

    /// <summary>The JSON of a view that comes with the platform.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public static byte[] Read(string name)
    {
        using var stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Prefix}{name}.json")
            ?? throw new KeyNotFoundException($"No view {name} comes with the platform; there are {string.Join(", ", Names())}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static IEnumerable<string> Names() =>
        Assembly
            .GetExecutingAssembly()
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^".json".Length]);
}
