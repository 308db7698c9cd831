using Interop.Anomaly.Profiles;
using Interop.Fhir.Client;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.Sources;
using Interop.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Polling;

/// <summary>Several pollers of one source on one database, as when a cluster is split: the epoch lets one of them write at a
/// time.</summary>
public abstract class CompetingPollersTests(SharedSilo shared) : IngestionSuite(shared)
{
    private const int Pollers = 3;

    [Fact]
    public async Task Three_pollers_that_take_the_source_from_each_other_store_every_event_once()
    {
        var server = new AuditServer { RepeatsAcrossPages = true, SendsOutcomes = true };
        for (var i = 0; i < 2_000; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i / 100), $"Practitioner/{i % 7}");
        var (_, source) = await ScriptedAsync(server.Answer);
        var client = Shared.Silo.Services.GetRequiredService<SourceRegistry>().Find(source)!;
        var settings = new PollerSettings(
            new Dictionary<string, PollerOptions>
            {
                [source] = new() { BatchSize = 50, Since = AuditServer.Noon.AddHours(-1).ToString("O") },
            }
        );

        var lost = await Task.WhenAll(
            Enumerable.Range(0, Pollers).Select(_ => Task.Run(() => PollToTheEndAsync(source, client, settings, server)))
        );

        Assert.True(lost.Sum() > 0, "the pollers never met");
        var rows = await Database.ReadAsync(
            async (session, token) =>
                (
                    Rows: await session.ScalarAsync<long>(
                        "SELECT COUNT(*) FROM audit_scores WHERE source = @source",
                        new { source },
                        token
                    ),
                    Last: await session.ScalarAsync<long>(
                        "SELECT MAX(number) FROM audit_scores WHERE source = @source",
                        new { source },
                        token
                    ),
                    Profiles: (
                        await session.QueryAsync<byte[]>(
                            "SELECT document FROM access_profiles WHERE source = @source",
                            new { source },
                            token
                        )
                    ).Sum(d => AccessProfile.Load(d).Events)
                )
        );
        Assert.Equal((server.Count, server.Count, server.Count), rows);
    }

    /// <summary>Polls until all events are stored. Returns how often another poller claimed the source.</summary>
    private async Task<int> PollToTheEndAsync(string source, FhirClient client, PollerSettings settings, AuditServer server)
    {
        var services = Shared.Silo.Services;
        using var claim = new SourceClaim(services.GetRequiredService<MonitoringParts>() with { Database = Database }, settings, source);
        var random = new Random(source.GetHashCode(StringComparison.Ordinal));
        for (var lost = 0; ; )
        {
            try
            {
                var profiles = new LocalProfiles(Database, source);
                await new AuditEventPoll(client, claim, settings, profiles.AskAsync, _ => { }, TimeProvider.System).RunAsync(default);
                return lost;
            }
            catch (PollerLostException)
            {
                lost++;
                if ((await Database.ReadAsync((session, token) => PollerStore.FindAsync(session, source, token)))!.Events == server.Count)
                    return lost;
                // The others get a turn, as after a failed poll.
                await Task.Delay(random.Next(5, 60));
            }
        }
    }
}

[Collection(OnSqlite.Name)]
public sealed class CompetingPollersOnSqlite(SqliteSilo silo) : CompetingPollersTests(silo);

[Collection(OnPostgres.Name)]
public sealed class CompetingPollersOnPostgres(PostgresSilo silo) : CompetingPollersTests(silo);
