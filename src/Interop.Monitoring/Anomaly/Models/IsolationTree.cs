namespace Interop.Anomaly.Models;

/// <summary>A node of a tree: an inner node splits at the threshold, a leaf has a value.</summary>
/// <param name="Feature">The column that is compared; of a leaf: -1.</param>
/// <param name="Threshold">Rows below it go left. Of a leaf: its value.</param>
/// <param name="Left">The left child's index; the right child follows it.</param>
internal readonly record struct TreeNode(int Feature, float Threshold, int Left);

/// <summary>
/// Grows one tree of the forest (Liu, Ting, Zhou 2008), with two changes: columns are drawn with weights, and a leaf knows, beside its
/// depth, the logarithm of its density (rows per volume) relative to the root.
/// </summary>
internal ref struct IsolationTree
{
    private const float SmallestShare = 1e-6f;
    private readonly FeatureTable _rows;
    private readonly ReadOnlySpan<double> _weights;
    private readonly int _maxDepth;
    private readonly double[] _candidates;
    private SeededRandom _random;

    private IsolationTree(FeatureTable rows, ReadOnlySpan<double> weights, int maxDepth, SeededRandom random)
    {
        _rows = rows;
        _weights = weights;
        _maxDepth = maxDepth;
        _random = random;
        _candidates = new double[rows.Columns.Count];
    }

    /// <summary>Nodes of the tree; depth and log density of the leaves, by node.</summary>
    public List<TreeNode> Nodes { get; } = [];

    public List<(float Depth, float LogDensity)> Leaves { get; } = [];

    public static IsolationTree Grow(FeatureTable rows, Span<int> sample, ReadOnlySpan<double> weights, int maxDepth, SeededRandom random)
    {
        var tree = new IsolationTree(rows, weights, maxDepth, random);
        tree.AddNode();
        tree.Split(0, sample, 0, 0);
        return tree;
    }

    /// <summary>The mean depth of a search in a random binary tree of n rows.</summary>
    public static double MeanDepth(int n) =>
        n switch
        {
            <= 1 => 0,
            2 => 1,
            _ => (2 * (Math.Log(n - 1) + 0.57721566490153286)) - (2.0 * (n - 1) / n),
        };

    private int AddNode()
    {
        Nodes.Add(default);
        Leaves.Add(default);
        return Nodes.Count - 1;
    }

    private void Split(int node, Span<int> sample, int depth, float logDensity)
    {
        var feature = depth < _maxDepth && sample.Length > 1 ? ChooseFeature(sample) : -1;
        if (feature < 0)
        {
            Nodes[node] = new TreeNode(-1, 0, 0);
            Leaves[node] = ((float)(depth + MeanDepth(sample.Length)), logDensity);
            return;
        }

        var (low, high) = Range(sample, feature);
        var threshold = (float)(low + (_random.NextDouble() * ((double)high - low)));
        if (threshold <= low)
            threshold = MathF.BitIncrement(low);
        var middle = Partition(sample, feature, threshold);
        var left = AddNode();
        AddNode();
        Nodes[node] = new TreeNode(feature, threshold, left);
        var share = Math.Clamp((threshold - low) / (high - low), SmallestShare, 1 - SmallestShare);
        Split(left, sample[..middle], depth + 1, logDensity + MathF.Log((float)middle / sample.Length / share));
        Split(left + 1, sample[middle..], depth + 1, logDensity + MathF.Log((float)(sample.Length - middle) / sample.Length / (1 - share)));
    }

    /// <summary>A column that has more than one value in the sample, by weight; -1 when there is none.</summary>
    private int ChooseFeature(Span<int> sample)
    {
        double total = 0;
        for (var feature = 0; feature < _candidates.Length; feature++)
        {
            var (low, high) = Range(sample, feature);
            total += _candidates[feature] = high > low ? _weights[feature] : 0;
        }

        var at = _random.NextDouble() * total;
        var last = -1;
        for (var feature = 0; feature < _candidates.Length; feature++)
        {
            if (_candidates[feature] <= 0)
                continue;
            last = feature;
            if ((at -= _candidates[feature]) < 0)
                break;
        }

        return last;
    }

    private readonly (float Low, float High) Range(Span<int> sample, int feature)
    {
        float low = float.MaxValue,
            high = float.MinValue;
        foreach (var row in sample)
        {
            var value = _rows[row][feature];
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return (low, high);
    }

    private readonly int Partition(Span<int> sample, int feature, float threshold)
    {
        var middle = 0;
        for (var i = 0; i < sample.Length; i++)
        {
            if (_rows[sample[i]][feature] < threshold)
            {
                (sample[i], sample[middle]) = (sample[middle], sample[i]);
                middle++;
            }
        }

        return middle;
    }
}
