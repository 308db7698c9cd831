using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Interop.Anomaly.Models;

/// <summary>
/// Walks many rows through the trees of a forest. The rows of a block go through one tree before the next, so that tree and block stay in
/// the
/// processor's first cache. Eight walks at a time do not depend on each other, and a step has no branch: a leaf leads to itself, and every
/// walk takes as many steps as its tree is deep.
/// </summary>
internal sealed class ForestWalk
{
    /// <summary>The rows of a block.</summary>
    public const int BlockRows = 64;

    private const int Lanes = 8;
    private readonly Step[] _steps;
    private readonly float[] _leaves;
    private readonly (int Root, int Depth)[] _trees;

    /// <param name="nodes">All trees; children follow their parent.</param>
    /// <param name="roots">Where each tree begins.</param>
    public ForestWalk(TreeNode[] nodes, int[] roots)
    {
        _steps = new Step[nodes.Length];
        _leaves = new float[nodes.Length];
        var depths = new int[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = nodes[i];
            if (node.Feature < 0)
            {
                _steps[i] = new Step(0, float.PositiveInfinity, i);
                _leaves[i] = node.Threshold;
                continue;
            }

            _steps[i] = new Step(node.Feature * BlockRows, node.Threshold, node.Left);
            depths[node.Left] = depths[node.Left + 1] = depths[i] + 1;
        }

        _trees = new (int, int)[roots.Length];
        for (var tree = 0; tree < roots.Length; tree++)
        {
            var end = tree + 1 < roots.Length ? roots[tree + 1] : nodes.Length;
            _trees[tree] = (roots[tree], depths[roots[tree]..end].Max());
        }
    }

    /// <summary>The sum of the leaves that each row of the block reaches.</summary>
    /// <param name="block">The values of the block, column by column.</param>
    /// <param name="count">The first rows count; the others may hold anything.</param>
    /// <param name="sums">One number per row of a whole block.</param>
    public void Sum(ReadOnlySpan<float> block, int count, Span<float> sums)
    {
        sums.Clear();
        foreach (var (root, depth) in _trees)
        {
            for (var row = 0; row < count; row += Lanes)
                AddTree(root, depth, block[row..], sums.Slice(row, Lanes));
        }
    }

    /// <summary>No bounds are checked: growing and loading make sure that features and children exist.</summary>
    private void AddTree(int root, int depth, ReadOnlySpan<float> block, Span<float> sums)
    {
        ref var steps = ref MemoryMarshal.GetArrayDataReference(_steps);
        ref var rows = ref MemoryMarshal.GetReference(block);
        nint a = root,
            b = root,
            c = root,
            d = root,
            e = root,
            f = root,
            g = root,
            h = root;
        for (; depth > 0; depth--)
        {
            a = Next(ref steps, a, ref rows, 0);
            b = Next(ref steps, b, ref rows, 1);
            c = Next(ref steps, c, ref rows, 2);
            d = Next(ref steps, d, ref rows, 3);
            e = Next(ref steps, e, ref rows, 4);
            f = Next(ref steps, f, ref rows, 5);
            g = Next(ref steps, g, ref rows, 6);
            h = Next(ref steps, h, ref rows, 7);
        }

        sums[7] += _leaves[h];
        sums[6] += _leaves[g];
        sums[5] += _leaves[f];
        sums[4] += _leaves[e];
        sums[3] += _leaves[d];
        sums[2] += _leaves[c];
        sums[1] += _leaves[b];
        sums[0] += _leaves[a];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Next(ref Step steps, nint at, ref float rows, nint lane)
    {
        ref var step = ref Unsafe.Add(ref steps, at);
        var goesRight = Unsafe.Add(ref rows, step.Offset + lane) >= step.Threshold;
        return step.Left + Unsafe.BitCast<bool, byte>(goesRight);
    }

    /// <param name="Offset">Where the column that is compared begins in a block.</param>
    /// <param name="Threshold">Rows below it go left; of a leaf: infinity.</param>
    /// <param name="Left">The left child; the right child follows it. Of a leaf: itself.</param>
    private readonly record struct Step(int Offset, float Threshold, int Left);
}
