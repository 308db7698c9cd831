using System.Runtime.InteropServices;

namespace Interop.Anomaly.Models;

/// <summary>
/// An isolation forest (Liu, Ting, Zhou 2008). Columns are drawn in proportion to the square root of their kurtosis: a column with a long
/// tail separates outliers better. A leaf counts by its depth and by its density, each in units of its standard deviation over the training
/// rows; both are linear in the leaves, so that a leaf holds one number.
/// </summary>
internal sealed class IsolationForest
{
    private readonly TreeNode[] _nodes;
    private readonly int[] _roots;
    private readonly double _offset;
    private readonly ForestWalk _walk;

    private IsolationForest(TreeNode[] nodes, int[] roots, double offset) =>
        (_nodes, _roots, _offset, _walk) = (nodes, roots, offset, new ForestWalk(nodes, roots));

    public static IsolationForest Train(FeatureTable rows, TrainingOptions options, CancellationToken cancellationToken)
    {
        var weights = Weights(rows);
        var random = new SeededRandom((ulong)options.Seed);
        var nodes = new List<TreeNode>();
        var leaves = new List<(float Depth, float LogDensity)>();
        var roots = new int[options.Trees];
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var size = Math.Min(options.SampleSize, rows.Count);
        for (var t = 0; t < roots.Length; t++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < size; i++)
            {
                var j = i + random.Next(order.Length - i);
                (order[i], order[j]) = (order[j], order[i]);
            }

            var tree = IsolationTree.Grow(rows, order.AsSpan(0, size), weights, options.MaxDepth, new SeededRandom(random.Next()));
            roots[t] = nodes.Count;
            foreach (var node in tree.Nodes)
                nodes.Add(node.Feature < 0 ? node : node with { Left = node.Left + roots[t] });
            leaves.AddRange(tree.Leaves);
        }

        return Standardise(rows, [.. nodes], leaves, roots);
    }

    /// <summary>Adds each row's score: 0 is the mean of the training rows, higher is more anomalous.</summary>
    public void Add(FeatureTable rows, Span<float> scores)
    {
        Span<float> sums = stackalloc float[ForestWalk.BlockRows];
        var block = new float[ForestWalk.BlockRows * rows.Columns.Count];
        for (var first = 0; first < rows.Count; first += ForestWalk.BlockRows)
        {
            var count = rows.CopyColumns(first, ForestWalk.BlockRows, block);
            _walk.Sum(block, count, sums);
            for (var i = 0; i < count; i++)
                scores[first + i] += (float)((sums[i] / _roots.Length) - _offset);
        }
    }

    public float Score(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (var root in _roots)
            sum += Leaf(root, row).Threshold;
        return (float)((sum / _roots.Length) - _offset);
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_offset);
        writer.Write(_roots.Length);
        writer.Write(MemoryMarshal.AsBytes(_roots.AsSpan()));
        writer.Write(_nodes.Length);
        foreach (var node in _nodes)
        {
            writer.Write(node.Feature);
            writer.Write(node.Threshold);
            writer.Write(node.Left);
        }
    }

    public static IsolationForest Load(BinaryReader reader, int columns)
    {
        var offset = reader.ReadDouble();
        var roots = new int[Bounded(reader.ReadInt32(), 10_000)];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(roots.AsSpan()));
        var nodes = new TreeNode[Bounded(reader.ReadInt32(), 100_000_000)];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new TreeNode(reader.ReadInt32(), reader.ReadSingle(), reader.ReadInt32());
            // Children follow their parent: a walk ends.
            if (nodes[i].Feature >= columns || (nodes[i].Feature >= 0 && (nodes[i].Left <= i || nodes[i].Left + 1 >= nodes.Length)))
                throw new InvalidDataException($"The model's node {i} leads nowhere");
        }

        for (var tree = 0; tree < roots.Length; tree++)
        {
            if (roots[tree] >= nodes.Length || roots[tree] < (tree == 0 ? 0 : roots[tree - 1] + 1))
                throw new InvalidDataException($"The model's tree {tree} has no root of its own");
        }

        return new IsolationForest(nodes, roots, offset);
    }

    private static int Bounded(int count, int limit) =>
        count >= 0 && count <= limit ? count : throw new InvalidDataException($"The model claims {count} parts; the limit is {limit}");

    private TreeNode Leaf(int root, ReadOnlySpan<float> row)
    {
        var at = root;
        while (_nodes[at].Feature is >= 0 and var feature)
            at = _nodes[at].Left + (row[feature] < _nodes[at].Threshold ? 0 : 1);
        return _nodes[at];
    }

    private static double[] Weights(FeatureTable rows)
    {
        var weights = new double[rows.Columns.Count];
        for (var column = 0; column < weights.Length; column++)
        {
            double mean = 0,
                second = 0,
                fourth = 0;
            for (var row = 0; row < rows.Count; row++)
                mean += rows[row][column] / (double)rows.Count;
            for (var row = 0; row < rows.Count; row++)
            {
                var square = (rows[row][column] - mean) * (rows[row][column] - mean);
                second += square / rows.Count;
                fourth += square * square / rows.Count;
            }

            weights[column] = second > 0 ? Math.Sqrt(fourth / (second * second)) : 0;
        }

        return weights;
    }

    private static IsolationForest Standardise(
        FeatureTable rows,
        TreeNode[] nodes,
        List<(float Depth, float LogDensity)> leaves,
        int[] roots
    )
    {
        var forest = new IsolationForest(nodes, roots, 0);
        // This many rows are enough for the mean and the deviation.
        var step = Math.Max(1, rows.Count / 20_000);
        double depthSum = 0,
            depthSquares = 0,
            densitySum = 0,
            densitySquares = 0;
        var count = 0;
        for (var row = 0; row < rows.Count; row += step, count++)
        {
            double depth = 0,
                density = 0;
            foreach (var root in roots)
            {
                var at = root;
                while (nodes[at].Feature is >= 0 and var feature)
                    at = nodes[at].Left + (rows[row][feature] < nodes[at].Threshold ? 0 : 1);
                depth += leaves[at].Depth;
                density += leaves[at].LogDensity;
            }

            depth /= roots.Length;
            density /= roots.Length;
            depthSum += depth;
            depthSquares += depth * depth;
            densitySum += density;
            densitySquares += density * density;
        }

        var depthScale = Scale(depthSum, depthSquares);
        var densityScale = Scale(densitySum, densitySquares);
        for (var i = 0; i < nodes.Length; i++)
        {
            if (nodes[i].Feature < 0)
                nodes[i] = nodes[i] with { Threshold = (float)(-(leaves[i].Depth / depthScale) - (leaves[i].LogDensity / densityScale)) };
        }

        return new IsolationForest(nodes, roots, -(depthSum / count / depthScale) - (densitySum / count / densityScale));

        double Scale(double sum, double squares)
        {
            var variance = (squares / count) - (sum / count * (sum / count));
            return variance > 1e-12 ? Math.Sqrt(variance) : 1;
        }
    }
}
