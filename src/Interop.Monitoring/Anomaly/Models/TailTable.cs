using System.Runtime.InteropServices;

namespace Interop.Anomaly.Models;

/// <summary>
/// The tail probabilities of one column: for a value, -ln of the share of training rows at least as extreme. It keeps at most
/// 512 of the training values, close together in the tails.
/// </summary>
internal sealed class TailTable
{
    private const int MostPoints = 512;
    private const float MostBeyond = 10;
    private const float NearestBeyond = 0.7f;
    private readonly float[] _points;
    private readonly float[] _high;
    private readonly float[] _low;
    private readonly FeatureDirection _direction;
    private readonly float _unseen; // -ln of the share that no training row had, less the smallest distance

    private TailTable(float[] points, float[] high, float[] low, FeatureDirection direction, float median, float unseen)
    {
        (_points, _high, _low, _direction, Median, _unseen) = (points, high, low, direction, median, unseen);
        HighScale = Scale(points[^1] - points[Math.Max(0, points.Length - 1 - (points.Length / 20))]);
        LowScale = Scale(points[Math.Min(points.Length - 1, points.Length / 20)] - points[0]);

        // The length of the tail beyond which the training values end; of a column with one value: 1.
        float Scale(float tail) => Math.Max(tail, (points[^1] - points[0]) / 20) is > 0 and var scale ? scale : 1;
    }

    public float Median { get; }

    private float HighScale { get; }

    private float LowScale { get; }

    public static TailTable Train(float[] sorted, FeatureDirection direction)
    {
        var points = Positions(sorted.Length).Select(i => sorted[i]).Distinct().ToArray();
        var high = new float[points.Length];
        var low = new float[points.Length];
        var n = sorted.Length + 1f;
        for (var i = 0; i < points.Length; i++)
        {
            var below = Bound(sorted, points[i], inclusive: false);
            var upTo = Bound(sorted, points[i], inclusive: true);
            high[i] = -MathF.Log((sorted.Length - below + 1) / n);
            low[i] = -MathF.Log((upTo + 1) / n);
        }

        return new TailTable(points, high, low, direction, sorted[sorted.Length / 2], MathF.Log(n) - NearestBeyond);
    }

    /// <summary>-ln of the smaller tail's probability; beyond the training values it grows with the distance, up to a bound.</summary>
    public float Surprise(float value)
    {
        // Most values of most columns are the lowest one.
        if (_direction == FeatureDirection.High && value <= _points[0])
            return _high[0];
        var at = Bound(_points, value, inclusive: false);
        float high;
        if (at == _points.Length)
            high = Math.Max(_high[^1], _unseen) + Beyond((value - _points[^1]) / HighScale);
        else
            high = _high[at];
        if (_direction == FeatureDirection.High)
            return high;
        float low;
        if (at < _points.Length && _points[at] == value)
            low = _low[at];
        else if (at > 0)
            low = _low[at - 1];
        else
            low = Math.Max(_low[0], _unseen) + Beyond((_points[0] - value) / LowScale);
        return Math.Max(high, low);
    }

    private static float Beyond(float tails) => Math.Min(MostBeyond, NearestBeyond + tails);

    public void Save(BinaryWriter writer)
    {
        writer.Write((byte)_direction);
        writer.Write(Median);
        writer.Write(_unseen);
        writer.Write(_points.Length);
        foreach (var part in new[] { _points, _high, _low })
            writer.Write(MemoryMarshal.AsBytes(part.AsSpan()));
    }

    public static TailTable Load(BinaryReader reader, int version)
    {
        var direction = (FeatureDirection)reader.ReadByte();
        var median = reader.ReadSingle();
        var unseen = version > 1 ? reader.ReadSingle() : 0;
        var count = reader.ReadInt32();
        if (count is < 1 or > MostPoints * 2)
            throw new InvalidDataException($"The model claims a table of {count} points");
        var parts = new float[3][];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = new float[count];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(parts[i].AsSpan()));
        }

        return new TailTable(parts[0], parts[1], parts[2], direction, median, unseen);
    }

    private static IEnumerable<int> Positions(int n)
    {
        if (n <= MostPoints)
            return Enumerable.Range(0, n);
        var positions = new SortedSet<int>();
        for (var i = 0; i < MostPoints / 2; i++)
            positions.Add((int)((long)i * (n - 1) / ((MostPoints / 2) - 1)));
        for (double distance = 1; distance < n / 2.0 && positions.Count < MostPoints - 2; distance *= 1.1)
        {
            positions.Add((int)distance - 1);
            positions.Add(n - (int)distance);
        }

        return positions;
    }

    /// <summary>How many are below the value; with inclusive, or equal to it.</summary>
    private static int Bound(float[] sorted, float value, bool inclusive)
    {
        int low = 0,
            high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle] < value || (inclusive && sorted[middle] == value))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
