using System.Collections.Immutable;

namespace Interop.Access;

/// <summary>
/// Keeps the keys with which every front end protects the state that it sends to browsers, so that a page of one front end works with
/// another. One grain: key 0.
/// </summary>
[Alias("Interop.IKeyRingGrain")]
public interface IKeyRingGrain : IGrainWithIntegerKey
{
    /// <summary>All keys.</summary>
    [Alias("List")]
    Task<ImmutableArray<KeyRingEntry>> List();

    /// <summary>Adds a key; one of the same name is replaced.</summary>
    [Alias("Add")]
    Task Add(KeyRingEntry key);
}

/// <summary>A key. Its text form does not show it.</summary>
/// <param name="Name">The key's id.</param>
/// <param name="Xml">The key as ASP.NET Core Data Protection writes it.</param>
[GenerateSerializer, Immutable, Alias("Interop.KeyRingEntry")]
public sealed record KeyRingEntry(string Name, string Xml)
{
    /// <inheritdoc/>
    public override string ToString() => $"key {Name} (secret)";
}
