using Interop.Anomaly;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.TestServers;

namespace Interop.Grains.Tests.Polling;

/// <summary>The list of alerts by agent, by verdict and by time: each kind of filter has a statement of its own.</summary>
public abstract class AlertListTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task Alerts_of_an_agent_in_all_its_forms_come_newest_first_in_pages()
    {
        var key = Guid.NewGuid().ToString("N");
        var server = new AuditServer();
        // The same instants in both forms, and other agents between them.
        for (var i = 0; i < 30; i++)
            server.Add(
                $"e{i}",
                AuditServer.Noon.AddMinutes(i / 4),
                (i % 3) switch
                {
                    0 => key,
                    1 => $"Practitioner/{key}",
                    _ => $"Practitioner/x-{key}",
                }
            );
        var source = await PollAsync(server);

        var all = await ListAsync(new AlertFilter(null, null, null, null, key, null, 100));
        var paged = new List<string>();
        AlertPosition? before = null;
        do
        {
            var page = await ListAsync(new AlertFilter(null, null, null, null, key, null, 3, before));
            paged.AddRange(page.Select(alert => alert.Id));
            before = page.Count == 3 ? new AlertPosition(page[^1].Time, page[^1].Id) : null;
        } while (before is not null);

        Assert.Equal(20, all.Count);
        Assert.Equivalent(new[] { key, $"Practitioner/{key}" }, all.Select(alert => alert.Agent).Distinct(), strict: true);
        Assert.Equal(all.OrderByDescending(alert => alert.Time).Select(alert => alert.Time), all.Select(alert => alert.Time));
        Assert.Equal(all.Select(alert => alert.Id), paged);
        Assert.Equal(20, paged.Distinct().Count());
        Assert.Empty(await ListAsync(new AlertFilter(null, null, null, source, $"nobody-{key}", null, 100)));
    }

    [Fact]
    public async Task Alerts_with_a_verdict_are_found_by_it_with_the_other_filters()
    {
        var key = Guid.NewGuid().ToString("N");
        var server = new AuditServer();
        for (var i = 0; i < 12; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMinutes(i), $"Practitioner/{key}-{i % 2}");
        var source = await PollAsync(server);
        var alerts = await ListAsync(new AlertFilter(null, null, null, source, null, null, 100));
        var desk = Client.GetGrain<IAlertDeskGrain>(0);
        foreach (var alert in alerts.Take(6))
            await desk.GiveFeedback(alert.Id, AlertVerdict.Dismissed, null);
        await desk.GiveFeedback(alerts[8].Id, AlertVerdict.Confirmed, null);

        var dismissed = await ListAsync(new AlertFilter(null, null, null, source, null, "dismissed", 100));
        var ofAgent = await ListAsync(new AlertFilter(null, null, null, null, $"{key}-1", "dismissed", 100));
        var late = await ListAsync(new AlertFilter(null, alerts[2].Time, null, source, null, "dismissed", 2));

        Assert.Equal(alerts.Take(6).Select(alert => alert.Id), dismissed.Select(alert => alert.Id));
        Assert.Equal(
            alerts.Take(6).Where(alert => alert.Agent == $"Practitioner/{key}-1").Select(alert => alert.Id),
            ofAgent.Select(alert => alert.Id)
        );
        Assert.Equal(alerts.Take(2).Select(alert => alert.Id), late.Select(alert => alert.Id));
        Assert.Equal(alerts[8].Id, Assert.Single(await ListAsync(new AlertFilter(null, null, null, source, null, "confirmed", 100))).Id);
        Assert.Equal(5, (await ListAsync(new AlertFilter(null, null, null, source, null, "open", 100))).Count);
    }

    private async Task<string> PollAsync(AuditServer server)
    {
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 100, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        return source;
    }

    private async Task<IReadOnlyList<Alert>> ListAsync(AlertFilter filter) => await Client.GetQuery<IAlertQueryGrain>().List(filter);
}

[Collection(OnSqlite.Name)]
public sealed class AlertListOnSqliteTests(SqliteSilo silo) : AlertListTests(silo);

[Collection(OnPostgres.Name)]
public sealed class AlertListOnPostgresTests(PostgresSilo silo) : AlertListTests(silo);
