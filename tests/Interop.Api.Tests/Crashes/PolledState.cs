using System.Text.Json;
using Interop.Anomaly.Profiles;
using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Api.Tests.Crashes;

/// <summary>How often the events of the source <c>default</c> are stored, counted and scored.</summary>
/// <param name="Rows">Stored events.</param>
/// <param name="Distinct">Different ids among them.</param>
/// <param name="LastNumber">The number of the last event.</param>
/// <param name="InProfiles">Events that the agents' profiles have counted.</param>
/// <param name="InPopulation">Events that the population has counted.</param>
/// <param name="Unscored">Events without a score.</param>
internal sealed record PolledState(long Rows, long Distinct, long LastNumber, long InProfiles, long InPopulation, long Unscored)
{
    public static PolledState Once(long events) => new(events, events, events, events, events, 0);

    public static async Task<PolledState> ReadAsync(string connection)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        return await database.ReadAsync(
            async (session, token) =>
            {
                Task<long> Number(string expression) =>
                    session.ScalarAsync<long>($"SELECT COALESCE({expression}, 0) FROM audit_scores WHERE source = 'default'", null, token);
                Task<IReadOnlyList<byte[]>> Documents(string table) =>
                    session.QueryAsync<byte[]>($"SELECT document FROM {table} WHERE source = 'default'", null, token);
                return new PolledState(
                    await Number("COUNT(*)"),
                    await Number("COUNT(DISTINCT event_id)"),
                    await Number("MAX(number)"),
                    (await Documents("access_profiles")).Sum(d => AccessProfile.Load(d).Events),
                    (await Documents("access_populations")).Sum(d => AccessPopulation.Load(d).Events),
                    await Number("SUM(CASE WHEN model_version IS NULL THEN 1 ELSE 0 END)")
                );
            }
        );
    }
}

/// <summary>The MEDIUM and HIGH alerts of the source <c>default</c>.</summary>
/// <param name="Ids">In order.</param>
/// <param name="Waiting">How many of them the outbox still has.</param>
internal sealed record PolledAlerts(IReadOnlyList<string> Ids, long Waiting)
{
    public static async Task<PolledAlerts> ReadAsync(string connection)
    {
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = connection });
        return await database.ReadAsync(
            async (session, token) =>
            {
                var numbers = await session.QueryAsync<long>(
                    "SELECT number FROM audit_scores WHERE source = 'default' AND severity <> 'LOW'",
                    null,
                    token
                );
                return new PolledAlerts(
                    [.. numbers.Select(n => $"default-{n}").Order(StringComparer.Ordinal)],
                    await session.ScalarAsync<long>("SELECT COUNT(*) FROM alert_outbox WHERE source = 'default'", null, token)
                );
            }
        );
    }

    /// <summary>The alert of a line of the log file.</summary>
    public static string IdOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!;

    /// <summary>False: an alert of the platform's own audit trail.</summary>
    public static bool IsPolled(string id) => id.StartsWith("default-", StringComparison.Ordinal);
}
