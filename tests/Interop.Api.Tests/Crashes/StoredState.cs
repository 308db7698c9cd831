using System.Text.Json;
using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Api.Tests.Crashes;

/// <summary>The stored results of a run that must not depend on interruptions.</summary>
internal sealed record StoredState(
    IReadOnlyList<string> Resources,
    IReadOnlyList<string> Patients,
    IReadOnlyList<string> Observations,
    IReadOnlyList<string> DeadLetters,
    string Run
)
{
    public static async Task<StoredState> ReadAsync(string connection, long runId)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        return await database.ReadAsync(
            async (session, token) =>
            {
                async Task<IReadOnlyList<string>> Lines(string sql) =>
                    [.. (await session.QueryAsync<string>(sql, new { runId }, token)).Order(StringComparer.Ordinal)];
                return new StoredState(
                    await Lines(
                        "SELECT resource_type || '/' || resource_id || ' ' || COALESCE(version_id, '-') || ' ' || content_hash || ' ' || run_id FROM resources"
                    ),
                    await Lines("SELECT id || ' ' || COALESCE(family, '-') || ' ' || COALESCE(given, '-') FROM patients"),
                    await Lines(
                        "SELECT id || ' ' || COALESCE(patient_id, '-') || ' ' || COALESCE(status, '-') || ' ' || COALESCE(code, '-') FROM observations"
                    ),
                    await Lines(
                        "SELECT resource_type || '/' || COALESCE(resource_id, '-') || ' ' || stage || ' ' || error || ' ' || run_id FROM dead_letters"
                    ),
                    Assert.Single(
                        await Lines(
                            """
                            SELECT status || ' fetched ' || fetched || ' validated ' || validated || ' invalid ' || invalid || ' transform_errors ' || transform_errors
                                || ' upserted ' || upserted || ' unchanged ' || unchanged || ' load_errors ' || load_errors || ' dead_letters ' || dead_letters
                                || ' patients ' || patients_fetched || '/' || patients_upserted
                            FROM ingestion_runs WHERE run_id = @runId
                            """
                        )
                    )
                );
            }
        );
    }

    /// <summary>Fails with the first difference between two states.</summary>
    public void AssertEqualTo(StoredState other)
    {
        Assert.Equal(other.Resources, Resources);
        Assert.Equal(other.Patients, Patients);
        Assert.Equal(other.Observations, Observations);
        Assert.Equal(other.DeadLetters, DeadLetters);
        Assert.Equal(other.Run, Run); // last: which rows differ says more than how many
    }

    public override string ToString() =>
        JsonSerializer.Serialize(
            new
            {
                Run,
                Resources = Resources.Count,
                Observations = Observations.Count,
            }
        );
}
