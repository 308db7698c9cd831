using System.Text;

namespace Orleans.Runtime;

/// <summary>The UTF-8 bytes of a grain type or a grain key, with their <see cref="StableHash"/>.</summary>
[GenerateSerializer, Immutable]
#pragma warning disable CA1036 // Orleans' type has no operators of order
public readonly struct IdSpan : IEquatable<IdSpan>, IComparable<IdSpan>
#pragma warning restore CA1036
{
    private readonly byte[]? _value;
    private readonly int _hash;

    /// <summary>An id of these bytes. The array must not be changed afterwards.</summary>
    public IdSpan(byte[] value)
    {
        _value = value;
        _hash = unchecked((int)StableHash.ComputeHash(value));
    }

    /// <summary>Whether this is the default value, which has no bytes.</summary>
    public bool IsDefault => _value is not { Length: > 0 };

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> AsSpan() => _value;

    /// <summary>The UTF-8 bytes of a text.</summary>
    public static IdSpan Create(string id) => new(Encoding.UTF8.GetBytes(id));

    /// <summary>The same on every process and machine; reminders are spread over a cluster by it.</summary>
    internal uint GetUniformHashCode() => unchecked((uint)_hash);

    /// <inheritdoc/>
    public bool Equals(IdSpan other) => _hash == other._hash && AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IdSpan other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <inheritdoc/>
    public int CompareTo(IdSpan other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => _value is null ? "" : Encoding.UTF8.GetString(_value);

    /// <summary>Whether both are equal.</summary>
    public static bool operator ==(IdSpan left, IdSpan right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(IdSpan left, IdSpan right) => !left.Equals(right);
}
