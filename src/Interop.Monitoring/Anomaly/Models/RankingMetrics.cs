namespace Interop.Anomaly.Models;

/// <summary>How well scores rank labelled rows. Equal scores count as one step.</summary>
public static class RankingMetrics
{
    /// <summary>The share of pairs (anomaly, normal) in the right order.</summary>
    public static double Auroc(ReadOnlySpan<float> scores, ReadOnlySpan<bool> anomalies)
    {
        var (sorted, labels) = Sort(scores, anomalies);
        double rankSum = 0;
        long positives = 0;
        for (var from = 0; from < sorted.Length; )
        {
            var to = from;
            while (to < sorted.Length && sorted[to] == sorted[from])
                to++;
            var rank = (from + to + 1) / 2.0;
            for (var i = from; i < to; i++)
            {
                if (labels[i])
                {
                    positives++;
                    rankSum += rank;
                }
            }

            from = to;
        }

        return (rankSum - (positives * (positives + 1) / 2.0)) / (positives * (double)(sorted.Length - positives));
    }

    /// <summary>The mean precision over the anomalies (average precision).</summary>
    public static double Aucpr(ReadOnlySpan<float> scores, ReadOnlySpan<bool> anomalies)
    {
        var (sorted, labels) = Sort(scores, anomalies);
        var positives = labels.Count(l => l);
        double sum = 0;
        var found = 0;
        for (var to = sorted.Length; to > 0; )
        {
            var from = to;
            var here = 0;
            while (from > 0 && sorted[from - 1] == sorted[to - 1])
            {
                if (labels[--from])
                    here++;
            }

            found += here;
            sum += (double)here / positives * found / (sorted.Length - from);
            to = from;
        }

        return sum;
    }

    private static (float[] Scores, bool[] Labels) Sort(ReadOnlySpan<float> scores, ReadOnlySpan<bool> anomalies)
    {
        var sorted = scores.ToArray();
        var labels = anomalies.ToArray();
        Array.Sort(sorted, labels);
        return (sorted, labels);
    }
}
