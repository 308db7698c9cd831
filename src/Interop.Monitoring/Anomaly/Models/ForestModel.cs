using System.Numerics.Tensors;
using System.Text;

namespace Interop.Anomaly.Models;

/// <summary>
/// The default model: an isolation forest (its depth and its density, one standard deviation each) and the sum of the columns' tail
/// probabilities (ECOD, Li et al. 2022, with the larger tail of each column), one standard deviation.
/// </summary>
/// <param name="useTails">False: the forest alone, to compare with.</param>
public sealed class ForestModel(bool useTails = true) : IAnomalyModel
{
    private const int FormatVersion = 2;

    // A group's surprise up to one row in seven is noise; in a sum of many groups it would hide the one that stands out.
    private const float GroupNoise = 2;
    private static readonly byte[] Magic = "IFM1"u8.ToArray();
    private IsolationForest? _forest;
    private TailTable[] _tails = [];
    private int[] _groups = [];
    private int _groupCount;
    private float _tailMean;
    private float _tailScale = 1;

    public string Kind => "forest";

    public IReadOnlyList<FeatureColumn> Columns { get; private set; } = [];

    public void Train(FeatureTable rows, TrainingOptions options, CancellationToken cancellationToken = default)
    {
        if (rows.Count < 2)
            throw new ArgumentException($"A model needs at least two rows, not {rows.Count}", nameof(rows));
        if (_forest is not null)
            throw new InvalidOperationException("This model is already trained");
        Columns = [.. rows.Columns];
        NumberGroups();
        _tails = [.. Columns.Select((column, i) => TailTable.Train(rows.Sorted(i), column.Direction))];
        var sums = new float[rows.Count];
        for (var row = 0; row < rows.Count; row++)
            sums[row] = TailSum(rows[row]);
        _tailMean = TensorPrimitives.Average(sums.AsSpan());
        TensorPrimitives.Subtract(sums, _tailMean, sums);
        var deviation = TensorPrimitives.Norm(sums.AsSpan()) / MathF.Sqrt(rows.Count);
        _tailScale = (deviation > 1e-6f ? deviation : 1) / options.TailWeight;
        _forest = IsolationForest.Train(rows, options, cancellationToken);
    }

    public void Score(FeatureTable rows, Span<float> scores)
    {
        var forest = Trained(rows.Columns.Count);
        for (var row = 0; row < rows.Count; row++)
            scores[row] = useTails ? (TailSum(rows[row]) - _tailMean) / _tailScale : 0;
        forest.Add(rows, scores);
    }

    /// <summary>The score of one row. A batch is faster.</summary>
    public float Score(ReadOnlySpan<float> row) =>
        Trained(row.Length).Score(row) + (useTails ? (TailSum(row) - _tailMean) / _tailScale : 0);

    public void Explain(ReadOnlySpan<float> row, Span<float> contributions)
    {
        var forest = Trained(row.Length);
        var whole = forest.Score(row);
        Span<float> changed = stackalloc float[row.Length];
        row.CopyTo(changed);
        for (var i = 0; i < row.Length; i++)
        {
            var (here, usual) = (_tails[i].Surprise(row[i]), _tails[i].Surprise(_tails[i].Median));
            var tail = (_groupCount == row.Length ? here - usual : Emphasis(here) - Emphasis(usual)) / _tailScale;
            changed[i] = _tails[i].Median;
            contributions[i] = tail + (whole - forest.Score(changed));
            changed[i] = row[i];
        }
    }

    public void Save(Stream stream)
    {
        var forest = Trained(Columns.Count);
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(Columns.Count);
        foreach (var column in Columns)
        {
            writer.Write(column.Name);
            writer.Write((byte)column.Direction);
            writer.Write(column.Group);
        }

        writer.Write(_tailMean);
        writer.Write(_tailScale);
        foreach (var tail in _tails)
            tail.Save(writer);
        forest.Save(writer);
    }

    public void Load(Stream stream)
    {
        if (_forest is not null)
            throw new InvalidOperationException("This model is already trained");
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (
                !reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic)
                || reader.ReadInt32() is not (>= 1 and <= FormatVersion and var version)
            )
                throw new InvalidDataException($"Not a model of the kind {Kind}, version {FormatVersion}");
            var columns = reader.ReadInt32();
            if (columns is < 1 or > 10_000)
                throw new InvalidDataException($"The model claims {columns} columns");
            Columns =
            [
                .. Enumerable
                    .Range(0, columns)
                    .Select(_ => new FeatureColumn(
                        reader.ReadString(),
                        (FeatureDirection)reader.ReadByte(),
                        version > 1 ? reader.ReadInt32() : 0
                    )),
            ];
            NumberGroups();
            _tailMean = reader.ReadSingle();
            _tailScale = reader.ReadSingle();
            _tails = [.. Enumerable.Range(0, columns).Select(_ => TailTable.Load(reader, version))];
            _forest = IsolationForest.Load(reader, columns);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The model is cut off", e);
        }
    }

    /// <summary>A column's median over the training rows.</summary>
    public float Median(int column) => _tails[column].Median;

    private float TailSum(ReadOnlySpan<float> row)
    {
        float sum = 0;
        if (_groupCount == row.Length)
        {
            for (var i = 0; i < row.Length; i++)
                sum += _tails[i].Surprise(row[i]);
            return sum;
        }

        Span<float> most = stackalloc float[_groupCount];
        most.Clear();
        for (var i = 0; i < row.Length; i++)
        {
            ref var group = ref most[_groups[i]];
            group = Math.Max(group, _tails[i].Surprise(row[i]));
        }

        foreach (var surprise in most)
            sum += Emphasis(surprise);
        return sum;
    }

    /// <summary>One group that is very odd counts more than several that are a little odd.</summary>
    private static float Emphasis(float surprise)
    {
        var above = Math.Max(0, surprise - GroupNoise);
        return above * above;
    }

    /// <summary>Numbers the groups from 0; a column without a group has one of its own.</summary>
    private void NumberGroups()
    {
        var numbers = new Dictionary<int, int>();
        _groups = new int[Columns.Count];
        _groupCount = 0;
        for (var i = 0; i < _groups.Length; i++)
        {
            if (Columns[i].Group == 0)
                _groups[i] = _groupCount++;
            else if (numbers.TryGetValue(Columns[i].Group, out var number))
                _groups[i] = number;
            else
                numbers[Columns[i].Group] = _groups[i] = _groupCount++;
        }
    }

    private IsolationForest Trained(int columns)
    {
        if (_forest is null)
            throw new InvalidOperationException("This model is not trained");
        return columns == Columns.Count
            ? _forest
            : throw new ArgumentException($"The model was trained on {Columns.Count} columns, not {columns}");
    }
}
