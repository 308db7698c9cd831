using System.Collections.Immutable;

namespace Interop.Fhir.Schema;

/// <summary>
/// The codes of a required binding, expanded from the specification's code systems
/// (https://hl7.org/fhir/R4/terminologies.html#required).
/// </summary>
public sealed class RequiredValueSet
{
    private readonly Lazy<Utf8Table<Utf8Table<string>>> _bySystem;
    private readonly Lazy<Utf8Table<string>> _codes;

    internal RequiredValueSet(string url, bool isOpen, ImmutableArray<(string System, ImmutableArray<string> Codes)> systems)
    {
        Url = url;
        IsOpen = isOpen;
        Systems = systems;
        _bySystem = new(() => new([.. systems.Select(s => KeyValuePair.Create(s.System, Table(s.Codes)))]));
        _codes = new(() => Table(systems.SelectMany(s => s.Codes).Distinct()));
    }

    /// <summary>The canonical without version: http://hl7.org/fhir/ValueSet/observation-status.</summary>
    public string Url { get; }

    /// <summary>Whether the codes come from a terminology outside the specification (media types, currencies, UCUM), so that any code
    /// passes (a currency only with the form of one, three capital letters).</summary>
    public bool IsOpen { get; }

    /// <summary>The codes by system; empty for an open value set.</summary>
    public ImmutableArray<(string System, ImmutableArray<string> Codes)> Systems { get; }

    /// <summary>Whether a code element may have this value; the system is implied by the binding.</summary>
    public bool Contains(ReadOnlySpan<byte> code) => IsOpen ? HasForm(code) : _codes.Value.Find(code) is not null;

    /// <summary>Whether the value set has this code of this system.</summary>
    public bool Contains(ReadOnlySpan<byte> system, ReadOnlySpan<byte> code) =>
        IsOpen || _bySystem.Value.Find(system)?.Find(code) is not null;

    /// <inheritdoc/>
    public override string ToString() => Url;

    // ISO 4217 is not in the specification, but the form of its codes is known.
    private bool HasForm(ReadOnlySpan<byte> code) =>
        Url != "http://hl7.org/fhir/ValueSet/currencies" || (code.Length == 3 && code.IndexOfAnyExceptInRange((byte)'A', (byte)'Z') < 0);

    private static Utf8Table<string> Table(IEnumerable<string> codes) => new([.. codes.Select(c => KeyValuePair.Create(c, c))]);
}
