using System.Globalization;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary>The results of one detector on one hospital's attacks.</summary>
internal sealed class AccessReport
{
    private const double Strict = 0.001;
    private const double Loose = 0.01;
    private static readonly AttackKind[] Kinds = [.. Enum.GetValues<AttackKind>().Where(k => k != AttackKind.None)];
    private readonly Dictionary<AttackKind, KindResult> _kinds = [];
    private double _precision50;
    private double _precision100;
    private double _ceiling50;
    private double _confounders;
    private double _confoundersOfAll;

    public static AccessReport Of(IReadOnlyList<ScoredEvent> events, float[] scores, AccessVerdict[]? verdicts)
    {
        var report = new AccessReport();
        var benign = new List<float>();
        for (var i = 0; i < scores.Length; i++)
        {
            if (events[i].Attack == AttackKind.None)
                benign.Add(scores[i]);
        }

        benign.Sort();
        var strict = benign[Math.Max(0, benign.Count - 1 - (int)(benign.Count * Strict))];
        var loose = benign[Math.Max(0, benign.Count - 1 - (int)(benign.Count * Loose))];
        foreach (var kind in Kinds)
            report._kinds[kind] = KindOf(kind, events, scores, verdicts, strict, loose);
        (report._precision50, report._ceiling50) = Precision(events, scores, 50);
        (report._precision100, _) = Precision(events, scores, 100);
        var falsePositives = 0;
        var confounding = 0;
        var all = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (events[i].Attack != AttackKind.None)
                continue;
            var confounder = events[i].Confounder is Confounder.FloatStaff or Confounder.MassCasualty or Confounder.NewHire;
            all += confounder ? 1 : 0;
            if (scores[i] > strict)
            {
                falsePositives++;
                confounding += confounder ? 1 : 0;
            }
        }

        report._confounders = (double)confounding / Math.Max(1, falsePositives);
        report._confoundersOfAll = (double)all / Math.Max(1, benign.Count);
        return report;
    }

    public static void Print(string name, IReadOnlyList<AccessReport> reports, AttackKind[] heldOut)
    {
        Console.WriteLine($"\n### {name}\n");
        Console.WriteLine("| kind | AUCPR | recall at 0.1 % | recall at 1 % | incidents at 0.1 % | first alert after | top reason right |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var kind in Kinds)
        {
            var results = reports.Select(r => r._kinds[kind]).Where(r => r.Events > 0).ToList();
            if (results.Count > 0)
                Console.WriteLine(Line($"{kind}{(heldOut.Contains(kind) ? " (held out)" : "")}", results));
        }

        Console.WriteLine(
            Line(
                "**all but held out**",
                [.. reports.SelectMany(r => r._kinds).Where(k => !heldOut.Contains(k.Key) && k.Value.Events > 0).Select(k => k.Value)]
            )
        );
        Console.WriteLine(
            Line(
                "**held out**",
                [.. reports.SelectMany(r => r._kinds).Where(k => heldOut.Contains(k.Key) && k.Value.Events > 0).Select(k => k.Value)]
            )
        );
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"\nprecision at 50 a day {reports.Average(r => r._precision50):F3} (ceiling {reports.Average(r => r._ceiling50):F3}), at 100 a day {reports.Average(r => r._precision100):F3}; float staff, new hires and mass casualty: {reports.Average(r => r._confounders):P1} of the false positives at 0.1 %, {reports.Average(r => r._confoundersOfAll):P1} of all benign events"
            )
        );
    }

    private static string Line(string name, IReadOnlyList<KindResult> results)
    {
        var delays = results.Where(r => r.Delay is not null).Select(r => r.Delay!.Value.TotalMinutes).ToList();
        var reasons = results.Where(r => r.RightReason is not null).Select(r => r.RightReason!.Value).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {results.Average(r => r.Aucpr):F3} | {results.Average(r => r.Strict):F3} | {results.Average(r => r.Loose):F3} | {results.Average(r => r.Incidents):F3} | {(delays.Count == 0 ? "-" : $"{delays.Average():F0} min")} | {(reasons.Count == 0 ? "-" : $"{reasons.Average():F2}")} |"
        );
    }

    private static KindResult KindOf(
        AttackKind kind,
        IReadOnlyList<ScoredEvent> events,
        float[] scores,
        AccessVerdict[]? verdicts,
        float strict,
        float loose
    )
    {
        var kept = new List<float>();
        var labels = new List<bool>();
        int count = 0,
            aboveStrict = 0,
            aboveLoose = 0,
            right = 0,
            found = 0;
        var first = new Dictionary<int, DateTimeOffset>();
        var alerted = new Dictionary<int, DateTimeOffset>();
        for (var i = 0; i < scores.Length; i++)
        {
            if (events[i].Attack != AttackKind.None && events[i].Attack != kind)
                continue;
            kept.Add(scores[i]);
            labels.Add(events[i].Attack == kind);
            if (events[i].Attack != kind)
                continue;
            count++;
            first.TryAdd(events[i].Incident, events[i].Instant);
            aboveLoose += scores[i] > loose ? 1 : 0;
            if (scores[i] <= strict)
                continue;
            aboveStrict++;
            alerted.TryAdd(events[i].Incident, events[i].Instant);
            if (verdicts is not null && !verdicts[i].Reasons.IsEmpty)
            {
                found++;
                right += Expected(kind).Contains(verdicts[i].Reasons[0].Class) ? 1 : 0;
            }
        }

        if (count == 0)
            return new KindResult(0, 0, 0, 0, 0, null, null);
        return new KindResult(
            count,
            RankingMetrics.Aucpr(kept.ToArray(), labels.ToArray()),
            (double)aboveStrict / count,
            (double)aboveLoose / count,
            (double)alerted.Count / first.Count,
            alerted.Count == 0 ? null : TimeSpan.FromMinutes(alerted.Average(a => (a.Value - first[a.Key]).TotalMinutes)),
            found == 0 ? null : (double)right / found
        );
    }

    /// <summary>The classes of reasons that name the injected attack.</summary>
    private static ReasonClass[] Expected(AttackKind kind) =>
        kind switch
        {
            AttackKind.LoneSnoop or AttackKind.VipSnoop or AttackKind.FamilySnoop or AttackKind.LowAndSlow => [ReasonClass.Snooping],
            AttackKind.OffHours => [ReasonClass.OffHours],
            AttackKind.BulkExport => [ReasonClass.Exfiltration],
            AttackKind.StolenCredential => [ReasonClass.CredentialMisuse, ReasonClass.BruteForce],
            AttackKind.DormantAccount => [ReasonClass.CredentialMisuse],
            AttackKind.RoleEscalation or AttackKind.BreakGlassAbuse => [ReasonClass.Privilege],
            _ => [],
        };

    /// <summary>The share of attacks among the highest n of each day, and the highest share that there could be.</summary>
    private static (double Precision, double Ceiling) Precision(IReadOnlyList<ScoredEvent> events, float[] scores, int perDay)
    {
        var days = Enumerable.Range(0, scores.Length).GroupBy(i => events[i].Instant.UtcDateTime.Date).ToList();
        var precision = days.Average(day =>
            day.OrderByDescending(i => scores[i]).Take(perDay).Count(i => events[i].Attack != AttackKind.None) / (double)perDay
        );
        var ceiling = days.Average(day => Math.Min(perDay, day.Count(i => events[i].Attack != AttackKind.None)) / (double)perDay);
        return (precision, ceiling);
    }

    private sealed record KindResult(
        int Events,
        double Aucpr,
        double Strict,
        double Loose,
        double Incidents,
        TimeSpan? Delay,
        double? RightReason
    );
}
