using System.Security.Cryptography;
using Interop.Storage;

namespace Interop.Anomaly.Scoring;

/// <summary>The table <c>anomaly_models</c>.</summary>
public static class ModelStore
{
    private const string Columns = "id, kind, status, trained_from, trained_to, events, parameters, metrics, created_at, promoted_at";

    public static async Task<IReadOnlyList<ModelVersion>> ListAsync(DbSession session, CancellationToken cancellationToken) =>
        [
            .. (
                await session.QueryAsync<ModelRow>(
                    $"SELECT {Columns} FROM anomaly_models ORDER BY created_at DESC, id DESC",
                    null,
                    cancellationToken
                )
            ).Select(r => r.ToVersion()),
        ];

    /// <summary>Adds a version. It takes the place of the one in shadow: one version at a time is tried.</summary>
    public static async Task AddAsync(DbSession session, ModelVersion version, byte[] model, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("UPDATE anomaly_models SET status = 'retired' WHERE status = 'shadow'", null, cancellationToken);
        await session.ExecuteAsync(
            """
            INSERT INTO anomaly_models (id, kind, status, trained_from, trained_to, events, parameters, metrics, sha256, model, created_at, promoted_at)
            VALUES (@Id, @Kind, @Status, @TrainedFrom, @TrainedTo, @Events, @parameters, @metrics, @sha256, @model, @CreatedAt, @PromotedAt)
            """,
            new
            {
                version.Id,
                version.Kind,
                version.Status,
                version.TrainedFrom,
                version.TrainedTo,
                version.Events,
                parameters = version.Parameters.Text,
                metrics = version.Metrics.Text,
                sha256 = Convert.ToHexStringLower(SHA256.HashData(model)),
                model,
                version.CreatedAt,
                version.PromotedAt,
            },
            cancellationToken
        );
    }

    /// <summary>Makes this version the promoted one and retires the one before; false: there is none of this id.</summary>
    public static async Task<bool> PromoteAsync(DbSession session, string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await session.ScalarAsync<long>("SELECT COUNT(*) FROM anomaly_models WHERE id = @id", new { id }, cancellationToken) == 0)
            return false;
        await session.ExecuteAsync(
            "UPDATE anomaly_models SET status = 'retired' WHERE status = 'promoted' AND id <> @id",
            new { id },
            cancellationToken
        );
        await session.ExecuteAsync(
            "UPDATE anomaly_models SET status = 'promoted', promoted_at = @now WHERE id = @id",
            new { id, now },
            cancellationToken
        );
        return true;
    }

    /// <summary>A version that is in use: promoted, or the newest in shadow.</summary>
    public static Task<string?> FindInUseAsync(DbSession session, string status, CancellationToken cancellationToken) =>
        session.FirstAsync<string>(
            "SELECT id FROM anomaly_models WHERE status = @status ORDER BY created_at DESC LIMIT 1",
            new { status },
            cancellationToken
        );

    /// <exception cref="InvalidDataException">The stored bytes are not those that were written.</exception>
    public static async Task<byte[]?> ReadAsync(DbSession session, string id, CancellationToken cancellationToken)
    {
        var row = await session.FirstAsync<BytesRow>(
            "SELECT sha256, model FROM anomaly_models WHERE id = @id",
            new { id },
            cancellationToken
        );
        if (row is null)
            return null;
        return Convert.ToHexStringLower(SHA256.HashData(row.Model)) == row.Sha256
            ? row.Model
            : throw new InvalidDataException(
                $"The stored model {id} does not have the hash that was stored with it: promote another version"
            );
    }

    private sealed record BytesRow(string Sha256, byte[] Model);

    private sealed record ModelRow(
        string Id,
        string Kind,
        string Status,
        DateTimeOffset TrainedFrom,
        DateTimeOffset TrainedTo,
        long Events,
        string Parameters,
        string Metrics,
        DateTimeOffset CreatedAt,
        DateTimeOffset? PromotedAt
    )
    {
        public ModelVersion ToVersion() =>
            new(Id, Kind, Status, TrainedFrom, TrainedTo, Events, new JsonText(Parameters), new JsonText(Metrics), CreatedAt, PromotedAt);
    }
}
