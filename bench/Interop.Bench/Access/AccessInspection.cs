using System.Globalization;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary>Shows the false positives and the missed attacks of a detector, with the features that decide.</summary>
internal static class AccessInspection
{
    private const int Examples = 2;
    private const int Features = 7;

    public static void Print(IReadOnlyList<ScoredEvent> events, float[] scores, IAnomalyModel model)
    {
        var benign = Enumerable.Range(0, scores.Length).Where(i => events[i].Attack == AttackKind.None).ToList();
        var threshold = benign.Select(i => scores[i]).Order().ElementAt(benign.Count - 1 - (benign.Count / 1000));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nthreshold {threshold:F2}\n\nFalse positives"));
        var attackers = events.Where(e => e.Attack != AttackKind.None).Select(e => e.Event.Agent).ToHashSet(StringComparer.Ordinal);
        var wrong = benign.Where(i => scores[i] > threshold).ToList();
        Console.WriteLine($"{wrong.Count(i => attackers.Contains(events[i].Event.Agent))} of {wrong.Count} by agents that also attack");
        PrintGroups(wrong, Examples);
        foreach (var kind in Enum.GetValues<AttackKind>().Where(k => k != AttackKind.None))
        {
            var all = Enumerable.Range(0, scores.Length).Where(i => events[i].Attack == kind).ToList();
            var missed = all.Where(i => scores[i] <= threshold).ToList();
            Console.WriteLine($"\n{kind}: {missed.Count} of {all.Count} missed");
            PrintGroups(missed, 1);
        }

        void PrintGroups(IEnumerable<int> rows, int examples)
        {
            var groups = rows.GroupBy(i => (RoleOf(i), events[i].Confounder, events[i].Link, events[i].Care.Presence, events[i].Event.Kind))
                .OrderByDescending(g => g.Count())
                .Take(8);
            foreach (var group in groups)
            {
                var agents = group.GroupBy(i => events[i].Event.Agent).OrderByDescending(g => g.Count()).Take(4);
                Console.WriteLine($"  {group.Count(), 5} {group.Key} by {string.Join(' ', agents.Select(g => $"{g.Key}={g.Count()}"))}");
                foreach (
                    var i in group
                        .OrderByDescending(i => scores[i])
                        .Where((_, n) => n % Math.Max(1, group.Count() / examples) == 0)
                        .Take(examples)
                )
                    Console.WriteLine("        " + Describe(i));
            }
        }

        string RoleOf(int i) => events[i].Event.AgentRole ?? "-";

        string Describe(int i)
        {
            var contributions = new float[FeatureCatalog.Count];
            model.Explain(events[i].Features.Values, contributions);
            var top = Enumerable
                .Range(0, contributions.Length)
                .OrderByDescending(f => contributions[f])
                .Take(Features)
                .Select(f =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{FeatureCatalog.All[f].Feature}={events[i].Features.Values[f]:F2}(+{contributions[f]:F1})"
                    )
                );
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{scores[i]:F2} {events[i].Instant:MM-dd HH:mm} {events[i].Event.ResourceType} {string.Join(' ', top)}"
            );
        }
    }
}
