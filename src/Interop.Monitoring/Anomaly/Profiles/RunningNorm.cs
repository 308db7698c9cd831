namespace Interop.Anomaly.Profiles;

/// <summary>An exponentially weighted mean and variance of ln(1 + count). The first values weigh equally.</summary>
internal struct RunningNorm(float rate)
{
    private const float SmallestSpread = 0.25f;

    public float Count { get; private set; }

    public float Mean { get; private set; }

    public float Variance { get; private set; }

    public readonly float Spread => MathF.Max(SmallestSpread, MathF.Sqrt(Variance));

    /// <summary>The count of a mean.</summary>
    public static float ToCount(float mean) => MathF.Exp(mean) - 1;

    public void Add(float count)
    {
        var value = MathF.Log(1 + count);
        Count++;
        var weight = MathF.Max(rate, 1 / Count);
        var difference = value - Mean;
        Mean += weight * difference;
        Variance = (1 - weight) * (Variance + (weight * difference * difference));
    }

    /// <summary>
    /// How many deviations the count lies above the norm; 0 below it. With few values the prior (mean, spread) is used.
    /// </summary>
    public readonly float Excess(float count, float priorMean, float priorSpread, float priorWeight)
    {
        var share = Count / (Count + priorWeight);
        var mean = Blend(Mean, priorMean, share);
        var spread = Blend(Spread, MathF.Max(SmallestSpread, priorSpread), share);
        return MathF.Max(0, (MathF.Log(1 + count) - mean) / spread);
    }

    public readonly float Norm(float priorMean, float priorWeight) => ToCount(Blend(Mean, priorMean, Count / (Count + priorWeight)));

    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(Mean);
        writer.Write(Variance);
    }

    public void Read(BinaryReader reader) => (Count, Mean, Variance) = (reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle());

    private static float Blend(float own, float prior, float share) => (own * share) + (prior * (1 - share));
}
