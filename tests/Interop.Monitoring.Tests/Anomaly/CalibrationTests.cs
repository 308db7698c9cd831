using Interop.Anomaly.Models;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class CalibrationTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(0.01)]
    [InlineData(0.001)]
    public void The_share_is_that_of_the_training_events_at_least_as_anomalous(double share)
    {
        var calibration = ScoreCalibration.Fit(Exponential(100_000, 1));

        var told = calibration.Share((float)-Math.Log(share));

        Assert.InRange(told, share * 0.8, share * 1.25);
    }

    [Fact]
    public void Beyond_the_training_events_the_tail_is_extrapolated()
    {
        var calibration = ScoreCalibration.Fit(Exponential(10_000, 2));

        var told = calibration.Share((float)-Math.Log(1e-6));

        Assert.InRange(told, 1e-7, 1e-5);
        Assert.Equal(0.01, calibration.ExtrapolatedBelow, 3);
    }

    [Fact]
    public void A_higher_score_never_has_a_larger_share()
    {
        var calibration = ScoreCalibration.Fit(Exponential(5_000, 3));
        var shares = Enumerable.Range(-100, 2_000).Select(i => calibration.Share(i / 100f)).ToArray();

        Assert.All(shares.Zip(shares.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1e-12));
        Assert.All(shares, share => Assert.InRange(share, 1e-12, 1));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.01, 0.4)]
    [InlineData(1e-5, 1)]
    [InlineData(1e-9, 1)]
    public void The_calibrated_score_is_a_fifth_of_the_powers_of_ten(double share, double score) =>
        Assert.Equal(score, ScoreCalibration.ToScore(share), 6);

    [Fact]
    public void Scores_of_the_training_period_do_not_drift_and_others_do()
    {
        var calibration = ScoreCalibration.Fit(Exponential(20_000, 4));
        var same = new PopulationStability();
        var other = new PopulationStability();
        foreach (var score in Exponential(5_000, 5))
        {
            same.Add(calibration.Share(score));
            other.Add(calibration.Share(score + 1));
        }

        Assert.InRange(same.Index(), 0, 0.02);
        Assert.True(other.Index() > PopulationStability.WarningLevel);
    }

    private static float[] Exponential(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)-Math.Log(1 - random.NextDouble()))];
    }
}
