namespace Orleans.Runtime;

/// <summary>The name of a grain class within the cluster: <c>[GrainType]</c>, or the class name in lower case without its "Grain"
/// suffix.</summary>
[GenerateSerializer, Immutable]
#pragma warning disable CA1036 // Orleans' type has no operators of order
public readonly struct GrainType(IdSpan id) : IEquatable<GrainType>, IComparable<GrainType>
#pragma warning restore CA1036
{
    /// <summary>The name as bytes of UTF-8.</summary>
    public IdSpan Value { get; } = id;

    /// <summary>Whether this is the default value, which names no class.</summary>
    public bool IsDefault => Value.IsDefault;

    /// <summary>The type of this name.</summary>
    public static GrainType Create(string value) => new(IdSpan.Create(value));

    /// <summary>A hash that is the same on every process and machine.</summary>
    public uint GetUniformHashCode() => Value.GetUniformHashCode();

    /// <inheritdoc/>
    public bool Equals(GrainType other) => Value.Equals(other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GrainType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(GrainType other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();

    /// <summary>Whether both are equal.</summary>
    public static bool operator ==(GrainType left, GrainType right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(GrainType left, GrainType right) => !left.Equals(right);
}
