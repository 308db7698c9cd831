using System.Collections.Immutable;

namespace Interop.Fhir.Schema;

/// <summary>
/// Every resource and data type of FHIR R4 (4.0.1, https://hl7.org/fhir/R4/), read from the embedded table that
/// eng/generate-r4-schema.sh makes of the official definitions. Immutable and safe to share between threads.
/// </summary>
public sealed class R4Schema
{
    private const string TableName = "r4.schema.tsv";

    private static readonly Lazy<R4Schema> Shared = new(Load);

    private readonly Utf8Table<TypeDefinition> _resources;

    internal R4Schema(string version, IEnumerable<TypeDefinition> types, IEnumerable<RequiredValueSet> valueSets)
    {
        Version = version;
        Types = types.ToDictionary(t => t.Name, StringComparer.Ordinal);
        ValueSets = valueSets.ToDictionary(v => v.Url, StringComparer.Ordinal);
        ResourceTypes =
        [
            .. Types.Values.Where(t => t is { IsResource: true, IsAbstract: false }).OrderBy(t => t.Name, StringComparer.Ordinal),
        ];
        _resources = new Utf8Table<TypeDefinition>([.. ResourceTypes.Select(t => KeyValuePair.Create(t.Name, t))]);
    }

    /// <summary>The schema of the embedded table, loaded when first asked for.</summary>
    public static R4Schema Default => Shared.Value;

    /// <summary>The version of the specification: 4.0.1.</summary>
    public string Version { get; }

    /// <summary>Every type by name, backbone types (Patient.contact) and abstract ones included.</summary>
    public IReadOnlyDictionary<string, TypeDefinition> Types { get; }

    /// <summary>The resource types that instances can have, by name.</summary>
    public ImmutableArray<TypeDefinition> ResourceTypes { get; }

    /// <summary>The value sets of required bindings by canonical, without version.</summary>
    public IReadOnlyDictionary<string, RequiredValueSet> ValueSets { get; }

    /// <summary>The type of this name, or null.</summary>
    public TypeDefinition? FindType(string name) => Types.GetValueOrDefault(name);

    /// <summary>The resource type of this name that an instance can have, or null; Resource and DomainResource are abstract.</summary>
    public TypeDefinition? FindResource(string name) =>
        Types.GetValueOrDefault(name) is { IsResource: true, IsAbstract: false } type ? type : null;

    internal TypeDefinition? FindResource(ReadOnlySpan<byte> name) => _resources.Find(name);

    /// <summary>The value set of this canonical (a version after | is ignored), or null where no required binding names it.</summary>
    public RequiredValueSet? FindValueSet(string canonical)
    {
        var bar = canonical.IndexOf('|');
        return ValueSets.GetValueOrDefault(bar < 0 ? canonical : canonical[..bar]);
    }

    private static R4Schema Load()
    {
        using var stream =
            typeof(R4Schema).Assembly.GetManifestResourceStream(TableName)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {TableName}; build it from a complete checkout.");
        using var reader = new StreamReader(stream);
        return SchemaTableReader.Read(reader);
    }
}
