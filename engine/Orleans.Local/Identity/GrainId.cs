namespace Orleans.Runtime;

/// <summary>The identity of a grain: its type and its key, written <c>type/key</c>.</summary>
[GenerateSerializer, Immutable]
#pragma warning disable CA1036 // Orleans' type has no operators of order
public readonly struct GrainId(GrainType type, IdSpan key) : IEquatable<GrainId>, IComparable<GrainId>
#pragma warning restore CA1036
{
    /// <summary>The name of the grain class within the cluster.</summary>
    public GrainType Type { get; } = type;

    /// <summary>The key, as bytes of UTF-8.</summary>
    public IdSpan Key { get; } = key;

    /// <summary>Whether this is the default value, which is no id.</summary>
    public bool IsDefault => Type.IsDefault && Key.IsDefault;

    /// <summary>The id of a type and a key.</summary>
    public static GrainId Create(string type, string key) => Create(GrainType.Create(type), key);

    /// <summary>The id of a type and a key.</summary>
    public static GrainId Create(GrainType type, string key) => new(type, IdSpan.Create(key));

    /// <summary>The id of a type and a key.</summary>
    public static GrainId Create(GrainType type, IdSpan key) => new(type, key);

    /// <exception cref="ArgumentException">The text is not <c>type/key</c>.</exception>
    public static GrainId Parse(string value) =>
        TryParse(value, out var result)
            ? result
            : throw new ArgumentException($"\"{value}\" is not a grain id: it should read type/key.", nameof(value));

    /// <summary>Reads <c>type/key</c>; false for another text.</summary>
    public static bool TryParse(string? value, out GrainId result)
    {
        var slash = value?.IndexOf('/') ?? -1;
        result = slash > 0 ? Create(value![..slash], value[(slash + 1)..]) : default;
        return slash > 0;
    }

    /// <summary>The same on every process and machine: the hash column of the reminder table.</summary>
    public uint GetUniformHashCode() => unchecked(Type.GetUniformHashCode() * 31 + Key.GetUniformHashCode());

    /// <inheritdoc/>
    public bool Equals(GrainId other) => Key.Equals(other.Key) && Type.Equals(other.Type);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GrainId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)GetUniformHashCode());

    /// <inheritdoc/>
    public int CompareTo(GrainId other) => Type.CompareTo(other.Type) is not 0 and var order ? order : Key.CompareTo(other.Key);

    /// <inheritdoc/>
    public override string ToString() => $"{Type}/{Key}";

    /// <summary>Whether both are equal.</summary>
    public static bool operator ==(GrainId left, GrainId right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(GrainId left, GrainId right) => !left.Equals(right);
}
