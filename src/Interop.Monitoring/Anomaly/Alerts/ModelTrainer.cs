using System.Text.Json;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Anomaly.Alerts;

/// <summary>Trains model versions from stored events, and scores events that were stored before there was one.</summary>
public sealed class ModelTrainer(Database database, ModelCatalog catalog, AlertOutbox outbox, TimeProvider time)
{
    /// <summary>The number of stored events that the first model needs.</summary>
    public const int FirstAfter = 500;

    private const long MostRows = 200_000;
    private const int RescoreBatch = 500;
    private (string Version, long Rows) _unusable;

    public Task<long> CountEventsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(AuditEventStore.CountAsync, cancellationToken);

    /// <summary>A new version; null: too few events.</summary>
    public async Task<ModelVersion?> TrainAsync(bool promote, CancellationToken cancellationToken)
    {
        var count = await CountEventsAsync(cancellationToken);
        var rows = new FeatureTable(FeatureCatalog.Columns);
        var (from, to) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        await database.ReadAsync(
            async (session, token) =>
            {
                await foreach (var row in AuditEventStore.TrainingRowsAsync(session, Math.Max(1, count / MostRows), token))
                {
                    if (AccessFeatures.Load(row.Features) is not { } features)
                        continue;
                    rows.Add(features.Values);
                    from = row.EventTime < from ? row.EventTime : from;
                    to = row.EventTime > to ? row.EventTime : to;
                }
            },
            cancellationToken
        );
        if (rows.Count < FirstAfter)
            return null;
        var now = time.GetUtcNow();
        var options = AccessModel.DefaultOptions;
        var id = $"m-{now:yyyyMMddHHmmssfff}";
        var model = await Task.Run(() => AccessModel.Train(id, rows, options, catalog.Create, cancellationToken), cancellationToken);
        var version = new ModelVersion(
            id,
            model.Model.Kind,
            "shadow",
            from,
            to,
            rows.Count,
            new JsonText(
                JsonSerializer.Serialize(
                    new
                    {
                        seed = options.Seed,
                        trees = options.Trees,
                        sample_size = options.SampleSize,
                        max_depth = options.MaxDepth,
                    }
                )
            ),
            new JsonText(
                JsonSerializer.Serialize(new { extrapolated_below = model.Calibration.ExtrapolatedBelow, features = FeatureCatalog.Count })
            ),
            now,
            null
        );
        var saved = model.Save();
        await database.WriteAsync(
            async (session, token) =>
            {
                await ModelStore.AddAsync(session, version, saved, token);
                if (promote)
                    await ModelStore.PromoteAsync(session, id, now, token);
            },
            cancellationToken
        );
        return promote ? version with { Status = "promoted", PromotedAt = now } : version;
    }

    /// <summary>Whether there are unscored events that can be scored.</summary>
    public async Task<bool> HasUnscoredAsync(CancellationToken cancellationToken)
    {
        var (unscored, promoted) = await database.ReadAsync(
            async (session, token) =>
                (await AuditEventStore.CountUnscoredAsync(session, token), await ModelStore.FindInUseAsync(session, "promoted", token)),
            cancellationToken
        );
        return unscored > (_unusable.Version == promoted ? _unusable.Rows : 0);
    }

    /// <summary>Scores the events that were stored without a score, with the promoted model. Alerts among them join their cases and the
    /// outbox, unless a suppression keeps them back.</summary>
    /// <returns>How many events were scored.</returns>
    public async Task<int> ScoreStoredAsync(CancellationToken cancellationToken)
    {
        var (total, unusable) = (0, 0L);
        for (var (source, number) = ("", 0L); ; )
        {
            var now = time.GetUtcNow();
            var (unscored, scorer, suppressions) = await database.ReadAsync(
                async (session, token) =>
                    (
                        await AuditEventStore.UnscoredAsync(session, source, number, RescoreBatch, token),
                        (await catalog.CurrentAsync(session, token)).Promoted,
                        await ActiveSuppressions.ReadAsync(session, now, token)
                    ),
                cancellationToken
            );
            if (scorer is null)
                return total;
            if (unscored.Count == 0)
            {
                _unusable = (scorer.Model.Version, unusable);
                return total;
            }

            // Features that another version of the program stored cannot be scored.
            var rows = unscored.Where(r => r.Numbers is not null).ToList();
            var verdicts = scorer.Score([.. rows.Select(r => (r.Event, r.Context, r.Numbers!))]);
            await database.WriteAsync((session, token) => StoreAsync(session, rows, verdicts, suppressions, now, token), cancellationToken);
            (source, number) = (unscored[^1].Source, unscored[^1].Number);
            total += rows.Count;
            unusable += unscored.Count - rows.Count;
        }
    }

    private async Task StoreAsync(
        DbSession session,
        List<UnscoredRow> rows,
        IReadOnlyList<AccessVerdict> verdicts,
        ActiveSuppressions suppressions,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var alerts = new List<NewAlert>();
        var suppressed = new List<(string, string?, AccessVerdict)>();
        foreach (var (row, verdict) in rows.Zip(verdicts))
        {
            var isSuppressed = suppressions.Suppress(row.Agent, row.Action, verdict);
            if (!await AuditEventStore.ScoreAsync(session, row.Source, row.Number, verdict, isSuppressed, cancellationToken))
                continue; // another call has scored it
            if (isSuppressed)
                suppressed.Add((row.Agent, row.Action, verdict));
            else if (NewAlert.Of(row, verdict) is { } alert)
                alerts.Add(alert);
        }

        await CaseStore.AttachAsync(session, alerts, cancellationToken);
        await outbox.AddAsync(session, alerts, now, cancellationToken);
        await suppressions.CountAsync(session, suppressed, cancellationToken);
    }
}
