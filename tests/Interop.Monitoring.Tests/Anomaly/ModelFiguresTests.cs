using Interop.Anomaly;
using Interop.Anomaly.Scoring;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class ModelFiguresTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 10, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_batch_is_tallied_for_the_promoted_version_and_for_the_one_in_shadow()
    {
        var tallies = ModelTally.Of([
            (Verdict("m-1", AccessSeverity.High, 0.0001), Verdict("m-2", AccessSeverity.Medium, 0.005)),
            (Verdict("m-1", AccessSeverity.Low, 0.55), Verdict("m-2", AccessSeverity.High, 0.0001)),
            (Verdict("m-1", AccessSeverity.Medium, 0.005), Verdict("m-2", AccessSeverity.Low, 0.35)),
            (Verdict("m-1", AccessSeverity.Low, 0.95), null),
            (null, null),
        ]);

        var promoted = Assert.Single(tallies, t => t.Model == "m-1");
        Assert.Equal(("", 4, 1, 1), (promoted.Beside, promoted.Events, promoted.Medium, promoted.High));
        Assert.Equal([2, 0, 0, 0, 0, 1, 0, 0, 0, 1], promoted.Bins);
        var shadow = Assert.Single(tallies, t => t.Model == "m-2");
        Assert.Equal(("m-1", 3, 1, 1), (shadow.Beside, shadow.Events, shadow.Medium, shadow.High));
        Assert.Equal((1, 1, 1), (shadow.BesideMedium, shadow.BesideHigh, shadow.BothAlert));
    }

    [Fact]
    public void A_version_tells_its_shadow_against_the_version_whose_scores_count()
    {
        var versions = ModelFigures
            .Of(
                [Version("m-2"), Version("m-1")],
                [
                    (Today.AddDays(-2), Tally("m-2", "m-0", events: 50, medium: 9)),
                    (Today.AddDays(-1), Tally("m-2", "m-1", events: 600, medium: 5, besideMedium: 6, bothAlert: 4)),
                    (Today, Tally("m-1", "", events: 700, medium: 8, high: 1)),
                    (Today, Tally("m-2", "m-1", events: 400, medium: 3, high: 1, besideMedium: 2, bothAlert: 1)),
                ],
                Today.AddHours(5)
            )
            .ToList();

        var shadow = versions[0].Shadow!;
        Assert.Equal(("m-1", 1000, 8, 1), (shadow.Beside, shadow.Events, shadow.Medium, shadow.High));
        Assert.Equal((8, 0, 5), (shadow.BesideMedium, shadow.BesideHigh, shadow.BothAlert));
        Assert.Equal(5 / 12.0, shadow.Agreement!.Value, 6);
        Assert.Equal((Today.AddDays(-1), Today), (shadow.Since, shadow.LastDay));
        Assert.Null(versions[0].Use);
        Assert.Equal((700, 8, 1), (versions[1].Use!.Events, versions[1].Use!.Medium, versions[1].Use!.High));
        Assert.Null(versions[1].Shadow);
    }

    [Fact]
    public void Scores_unlike_those_of_the_training_period_are_a_drift_with_a_warning()
    {
        long[] even = [200, 200, 200, 200, 200, 200, 200, 200, 200, 200];
        long[] anomalous = [1_100, 100, 100, 100, 100, 100, 100, 100, 100, 100];
        var version = ModelFigures
            .Of(
                [Version("m-1"), Version("m-2")],
                [
                    (Today.AddDays(-20), Tally("m-1", "", events: 2_000, bins: anomalous)),
                    (Today.AddDays(-1), Tally("m-1", "", events: 2_000, bins: even)),
                    (Today, Tally("m-1", "", events: 2_000, bins: anomalous)),
                    (Today, Tally("m-2", "", events: 10, bins: anomalous)),
                ],
                Today.AddHours(5)
            )
            .ToList();

        var drift = version[0].Drift!;
        Assert.Equal(4_000, drift.Events);
        Assert.Equal([Today.AddDays(-1), Today], drift.Days.Select(d => d.Day));
        Assert.InRange(drift.Days[0].Index, 0, 0.001);
        Assert.InRange(drift.Days[1].Index, 0.25, 2);
        Assert.InRange(drift.Index, 0.05, drift.Days[1].Index);
        Assert.Equal(drift.Index > drift.WarningLevel, drift.Warning);
        Assert.Null(version[1].Drift);
    }

    private static AccessVerdict Verdict(string model, AccessSeverity severity, double share) => new(share, 0.5, severity, [], model);

    private static ModelTally Tally(
        string model,
        string beside,
        long events,
        long medium = 0,
        long high = 0,
        long besideMedium = 0,
        long bothAlert = 0,
        long[]? bins = null
    ) => new(model, beside, events, medium, high, besideMedium, 0, bothAlert, bins ?? new long[10]);

    private static ModelVersion Version(string id) =>
        new(id, "forest", "shadow", Today, Today, 500, new JsonText("{}"), new JsonText("{}"), Today, null);
}
