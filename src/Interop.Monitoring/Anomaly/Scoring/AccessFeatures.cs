using System.Runtime.InteropServices;
using Interop.Anomaly.Features;

namespace Interop.Anomaly.Scoring;

/// <summary>The features of one access as they are stored: values for the model, plain values and norms for the words, and the agent's
/// events so far.</summary>
public sealed class AccessFeatures
{
    private const byte FormatVersion = 1;
    private readonly float[] _numbers;

    /// <param name="numbers">Values, plain values and norms, one after the other.</param>
    /// <param name="agentEvents">How many events of the agent came before.</param>
    public AccessFeatures(float[] numbers, long agentEvents)
    {
        if (numbers.Length != Size)
            throw new ArgumentException($"{numbers.Length} numbers instead of {Size}", nameof(numbers));
        (_numbers, AgentEvents) = (numbers, agentEvents);
    }

    /// <summary>The numbers of one access.</summary>
    public static int Size => FeatureCatalog.Count * 3;

    public long AgentEvents { get; }

    public ReadOnlySpan<float> Values => _numbers.AsSpan(0, FeatureCatalog.Count);

    public float this[AccessFeature feature] => _numbers[(int)feature];

    public float Plain(AccessFeature feature) => _numbers[FeatureCatalog.Count + (int)feature];

    public float Norm(AccessFeature feature) => _numbers[(2 * FeatureCatalog.Count) + (int)feature];

    /// <summary>The part of a shared array that holds row number index, for a profile to write into.</summary>
    public static FeatureRow RowAt(float[] numbers, int index)
    {
        var n = FeatureCatalog.Count;
        var row = numbers.AsSpan(index * Size, Size);
        return new FeatureRow(row[..n], row.Slice(n, n), row[(2 * n)..]);
    }

    /// <summary>The stored form: values in single precision, the rest in half.</summary>
    public byte[] Save()
    {
        var n = FeatureCatalog.Count;
        var bytes = new byte[1 + sizeof(int) + (n * sizeof(float)) + (n * 4)];
        bytes[0] = FormatVersion;
        BitConverter.TryWriteBytes(bytes.AsSpan(1), (int)Math.Min(AgentEvents, int.MaxValue));
        MemoryMarshal.AsBytes(Values).CopyTo(bytes.AsSpan(5));
        for (var i = n; i < Size; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(5 + (n * sizeof(float)) + ((i - n) * 2)), (Half)_numbers[i]);
        return bytes;
    }

    /// <summary>Null: stored by a program with other features.</summary>
    public static AccessFeatures? Load(ReadOnlySpan<byte> saved)
    {
        var n = FeatureCatalog.Count;
        if (saved.Length != 5 + (n * sizeof(float)) + (n * 4) || saved[0] != FormatVersion)
            return null;
        var numbers = new float[Size];
        MemoryMarshal.Cast<byte, float>(saved.Slice(5, n * sizeof(float))).CopyTo(numbers);
        for (var i = n; i < Size; i++)
            numbers[i] = (float)BitConverter.ToHalf(saved[(5 + (n * sizeof(float)) + ((i - n) * 2))..]);
        return new AccessFeatures(numbers, BitConverter.ToInt32(saved[1..]));
    }
}
