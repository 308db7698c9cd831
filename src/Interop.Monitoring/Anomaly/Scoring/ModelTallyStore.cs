using Interop.Storage;

namespace Interop.Anomaly.Scoring;

/// <summary>
/// The table <c>anomaly_model_days</c>: the tallies per source and day on which the events were stored. A source has one writer, so that
/// the
/// sources do not wait for each other's rows.
/// </summary>
public static class ModelTallyStore
{
    private const long SecondsPerDay = 86_400;

    /// <summary>Adds the tallies of a batch to those of the day.</summary>
    public static async Task AddAsync(
        DbSession session,
        string source,
        IReadOnlyList<ModelTally> tallies,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        foreach (var tally in tallies)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO anomaly_model_days AS d (source, model, beside, day, events, medium, high, beside_medium, beside_high, both_alert,
                    bin0, bin1, bin2, bin3, bin4, bin5, bin6, bin7, bin8, bin9)
                VALUES (@source, @Model, @Beside, @day, @Events, @Medium, @High, @BesideMedium, @BesideHigh, @BothAlert,
                    @bin0, @bin1, @bin2, @bin3, @bin4, @bin5, @bin6, @bin7, @bin8, @bin9)
                ON CONFLICT (source, model, beside, day) DO UPDATE SET events = d.events + excluded.events, medium = d.medium + excluded.medium,
                    high = d.high + excluded.high, beside_medium = d.beside_medium + excluded.beside_medium,
                    beside_high = d.beside_high + excluded.beside_high, both_alert = d.both_alert + excluded.both_alert,
                    bin0 = d.bin0 + excluded.bin0, bin1 = d.bin1 + excluded.bin1, bin2 = d.bin2 + excluded.bin2, bin3 = d.bin3 + excluded.bin3,
                    bin4 = d.bin4 + excluded.bin4, bin5 = d.bin5 + excluded.bin5, bin6 = d.bin6 + excluded.bin6, bin7 = d.bin7 + excluded.bin7,
                    bin8 = d.bin8 + excluded.bin8, bin9 = d.bin9 + excluded.bin9
                """,
                new
                {
                    source,
                    tally.Model,
                    tally.Beside,
                    day = DayOf(now),
                    tally.Events,
                    tally.Medium,
                    tally.High,
                    tally.BesideMedium,
                    tally.BesideHigh,
                    tally.BothAlert,
                    bin0 = tally.Bins[0],
                    bin1 = tally.Bins[1],
                    bin2 = tally.Bins[2],
                    bin3 = tally.Bins[3],
                    bin4 = tally.Bins[4],
                    bin5 = tally.Bins[5],
                    bin6 = tally.Bins[6],
                    bin7 = tally.Bins[7],
                    bin8 = tally.Bins[8],
                    bin9 = tally.Bins[9],
                },
                cancellationToken
            );
        }
    }

    /// <summary>The tallies of every source and day, from the day of the instant on.</summary>
    public static async Task<IReadOnlyList<(DateTimeOffset Day, ModelTally Tally)>> ListAsync(
        DbSession session,
        DateTimeOffset since,
        CancellationToken cancellationToken
    )
    {
        var rows = await session.QueryAsync<DayRow>(
            """
            SELECT model, beside, day, events, medium, high, beside_medium, beside_high, both_alert, bin0, bin1, bin2, bin3, bin4, bin5, bin6, bin7,
                bin8, bin9
            FROM anomaly_model_days WHERE day >= @since ORDER BY day
            """,
            new { since = DayOf(since) },
            cancellationToken
        );
        return [.. rows.Select(r => (DateTimeOffset.FromUnixTimeSeconds(r.Day * SecondsPerDay), r.ToTally()))];
    }

    private static long DayOf(DateTimeOffset instant) => instant.ToUnixTimeSeconds() / SecondsPerDay;

    private sealed record DayRow(
        string Model,
        string Beside,
        long Day,
        long Events,
        long Medium,
        long High,
        long BesideMedium,
        long BesideHigh,
        long BothAlert,
        long Bin0,
        long Bin1,
        long Bin2,
        long Bin3,
        long Bin4,
        long Bin5,
        long Bin6,
        long Bin7,
        long Bin8,
        long Bin9
    )
    {
        public ModelTally ToTally() =>
            new(
                Model,
                Beside,
                Events,
                Medium,
                High,
                BesideMedium,
                BesideHigh,
                BothAlert,
                [Bin0, Bin1, Bin2, Bin3, Bin4, Bin5, Bin6, Bin7, Bin8, Bin9]
            );
    }
}
