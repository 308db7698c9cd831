using System.CommandLine;
using System.Globalization;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary><c>access</c>: the whole detector on the simulated hospital, per kind of attack, beside simpler ones.</summary>
internal static class AccessBench
{
    /// <summary>No feature, rule or weight was chosen by looking at these two.</summary>
    private static readonly AttackKind[] HeldOut = [AttackKind.LowAndSlow, AttackKind.DormantAccount];

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "How many hospitals", DefaultValueFactory = _ => 5 };
        var agents = new Option<int>("--agents") { Description = "Persons of a hospital", DefaultValueFactory = _ => 320 };
        var days = new Option<int>("--days") { Description = "Days; half of them train", DefaultValueFactory = _ => 60 };
        var variants = new Option<string>("--variants")
        {
            Description = "Comma-separated: full, no-manner (without search and depth), no-care (without clinical resources)",
            DefaultValueFactory = _ => "full,no-manner,no-care",
        };
        var inspect = new Option<bool>("--inspect") { Description = "Print false positives and misses with their features" };
        var command = new Command("access", "The anomaly detector on the simulated hospital") { seeds, agents, days, variants, inspect };
        command.SetAction(parsed =>
            Run(
                parsed.GetValue(seeds),
                parsed.GetValue(agents),
                parsed.GetValue(days),
                parsed.GetValue(variants)!.Split(','),
                parsed.GetValue(inspect)
            )
        );
        return command;
    }

    private static void Run(int seeds, int agents, int days, string[] variants, bool inspect)
    {
        var tables = new Dictionary<string, List<AccessReport>>(StringComparer.Ordinal);
        for (var seed = 1; seed <= seeds; seed++)
        {
            foreach (var variant in variants)
            {
                var options = new HospitalOptions
                {
                    Seed = (ulong)seed,
                    Agents = agents,
                    Days = days,
                    TrainingDays = days / 2,
                };
                var run = AccessRun.Through(options, withCare: variant != "no-care", withManner: variant != "no-manner");
                var suffix = SuffixOf(variant);
                Console.Error.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"seed {seed}{suffix}: {run.Events:N0} events in {run.FeatureTime.TotalSeconds:F0} s, {run.Test.Count(e => e.Attack != AttackKind.None)} attack events of {run.Test.Count:N0} tested, benign accesses without care link {100.0 * run.BenignUnexplained / Math.Max(1, run.BenignWithPatient):F1} %"
                    )
                );
                foreach (var (name, scores, verdicts) in Detectors(run, inspect))
                {
                    if (suffix.Length > 0 && name != "Interop")
                        continue;
                    if (!tables.TryGetValue(name + suffix, out var reports))
                        tables[name + suffix] = reports = [];
                    reports.Add(AccessReport.Of(run.Test, scores, verdicts));
                }
            }
        }

        foreach (var (name, reports) in tables)
            AccessReport.Print(name, reports, HeldOut);
    }

    private static string SuffixOf(string variant) =>
        variant switch
        {
            "full" => "",
            "no-manner" => " without search and depth",
            "no-care" => " without clinical context",
            _ => throw new ArgumentException($"--variants knows full, no-manner and no-care, not {variant}"),
        };

    private static IEnumerable<(string Name, float[] Scores, AccessVerdict[]? Verdicts)> Detectors(AccessRun run, bool inspect)
    {
        var accesses = run.Test.Select(e => (e.Event, e.Care, e.Features)).ToList();
        var model = AccessModel.Train("bench", run.Training, AccessModel.DefaultOptions, () => new ForestModel());
        var rows = new FeatureTable(FeatureCatalog.Columns, accesses.Count);
        foreach (var access in accesses)
            rows.Add(access.Features.Values);
        var scores = new float[accesses.Count];
        model.Model.Score(rows, scores);
        var verdicts = new AccessScorer(model).Score(accesses);
        var benign = verdicts.Where((_, i) => run.Test[i].Attack == AttackKind.None).ToList();
        Console.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"benign events: {benign.Count(v => v.Score >= AccessScorer.MediumFrom) / (double)benign.Count:P2} at 0.4 or more, {benign.Count(v => v.Score >= AccessScorer.HighFrom) / (double)benign.Count:P3} at 0.7 or more"
            )
        );
        // A rule lifts its event above every score of its severity.
        var ranked = new float[scores.Length];
        for (var i = 0; i < ranked.Length; i++)
            ranked[i] = scores[i] + (verdicts[i].Reasons.Any(r => r.Feature.StartsWith("rule:", StringComparison.Ordinal)) ? 1000 : 0);
        if (inspect)
            AccessInspection.Print(run.Test, ranked, model.Model);
        yield return ("Interop", ranked, verdicts);

        var forest = new ForestModel(useTails: false);
        forest.Train(run.Training, new TrainingOptions());
        var forestScores = new float[scores.Length];
        forest.Score(rows, forestScores);
        yield return ("Forest only", forestScores, null);
        yield return (
            "Rules only",
            [.. verdicts.Select(v => v.Reasons.Any(r => r.Feature.StartsWith("rule:", StringComparison.Ordinal)) ? 1f : 0f)],
            null
        );
        yield return (
            "Counts only",
            [.. accesses.Select(a => a.Features.Plain(AccessFeature.EventsInHour) + a.Features.Plain(AccessFeature.PatientsInHour))],
            null
        );
    }
}
