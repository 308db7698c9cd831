using Interop.Anomaly.Profiles;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.TestServers;

namespace Interop.Grains.Tests.Polling;

/// <summary>Every event is stored once, also with faults of the server.</summary>
public abstract class ExactlyOnceTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task Events_of_one_instant_beyond_a_batch_are_stored_once_each()
    {
        var server = new AuditServer();
        for (var i = 0; i < 5_000; i++)
            server.Add($"e{i}", AuditServer.Noon, $"Practitioner/{i % 7}");
        var (poller, source) = await PollerAsync(server);

        await Eventually.Is(async () => await HasPolledAsync(poller), "the poll has ended");

        Assert.Equal(0, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task A_late_commit_inside_the_overlap_is_stored_once()
    {
        var server = new AuditServer();
        for (var i = 0; i < 50; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i));
        var (poller, source) = await PollerAsync(server);
        await poller.Poll();
        server.Add("late", AuditServer.Noon.AddSeconds(10));

        Assert.Equal(1, (await poller.Poll()).Stored);
        Assert.Equal(0, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task Duplicates_across_pages_and_outcomes_are_no_events()
    {
        var server = new AuditServer { RepeatsAcrossPages = true, SendsOutcomes = true };
        for (var i = 0; i < 205; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMilliseconds(i * 10));
        var (poller, source) = await PollerAsync(server);

        Assert.Equal(205, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task An_expired_page_begins_the_search_anew()
    {
        var server = new AuditServer
        {
            OnPage = number =>
                number == 3 ? new ScriptedAnswer(410, """{"resourceType":"OperationOutcome","issue":[{"code":"expired"}]}""") : null,
        };
        for (var i = 0; i < 150; i++)
            server.Add($"e{i}", AuditServer.Noon);
        var (poller, source) = await PollerAsync(server);

        var result = await poller.Poll();

        Assert.Equal((150L, null), (result.Stored, result.Error));
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task A_server_that_sends_the_newest_first_and_fails_midway_loses_nothing()
    {
        var server = new AuditServer { NewestFirst = true };
        server.OnPage = number =>
            number == 3 ? new ScriptedAnswer(400, """{"resourceType":"OperationOutcome","issue":[{"code":"invalid"}]}""") : null;
        for (var i = 0; i < 150; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMinutes(i * 10));
        var (poller, source) = await PollerAsync(server);

        Assert.NotNull((await poller.Poll()).Error);
        Assert.Null((await poller.Poll()).Error);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task A_notified_event_is_not_stored_again_by_the_poll()
    {
        var server = new AuditServer();
        server.Add("n1", AuditServer.Noon);
        server.Add("n2", AuditServer.Noon);
        var (poller, source) = await PollerAsync(server);

        var notified = await poller.Notify(
            AuditServer.Event("n1", AuditServer.Noon).Replace("\"versionId\":\"1\",", "", StringComparison.Ordinal)
        );
        var again = await poller.Notify(AuditServer.Event("n1", AuditServer.Noon));

        Assert.Null(notified.Problem);
        Assert.Equal(string.Join(" ", notified.AlertIds), string.Join(" ", again.AlertIds));
        Assert.Equal(1, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("""{"resourceType":"Patient","id":"p"}""")]
    [InlineData("""{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p"}}]}""")]
    public async Task A_notification_that_is_no_event_is_refused(string body)
    {
        var (poller, _) = await PollerAsync(new AuditServer());

        Assert.NotNull((await poller.Notify(body)).Problem);
    }

    [Fact]
    public async Task A_notification_is_answered_while_a_poll_is_under_way()
    {
        using var hold = new ManualResetEventSlim();
        var server = new AuditServer
        {
            OnPage = page =>
            {
                if (page == 3)
                    hold.Wait();
                return null;
            },
        };
        for (var i = 0; i < 100; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i));
        var (poller, source) = await PollerAsync(server);

        var polling = poller.Poll();
        await Eventually.Is(() => server.FollowedPages >= 3, "a page is waited for");
        var notified = await poller.Notify(AuditServer.Event("e99", AuditServer.Noon.AddSeconds(99)));
        hold.Set();

        Assert.Single(notified.Alerts);
        Assert.Null((await polling).Error);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task A_stopped_poll_ends_after_its_page_and_the_next_one_goes_on()
    {
        using var hold = new ManualResetEventSlim();
        var server = new AuditServer
        {
            OnPage = page =>
            {
                if (page == 2)
                    hold.Wait();
                return null;
            },
        };
        for (var i = 0; i < 200; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i));
        var (poller, source) = await PollerAsync(server);

        var polling = poller.Poll();
        await Eventually.Is(() => server.FollowedPages >= 2, "a page is waited for");
        await poller.Stop();
        var stopped = await polling;
        hold.Set();

        Assert.Null(stopped.Error);
        Assert.InRange(stopped.Stored, 1, 60);
        Assert.Equal(200 - stopped.Stored, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task Where_the_first_poll_begins_does_not_move_while_polls_fail()
    {
        var isDown = true;
        var (_, source) = await ScriptedAsync(_ => isDown ? new ScriptedAnswer(403, "{}") : ScriptedAnswer.Bundle([]));
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);

        Assert.NotNull((await poller.Poll()).Error);
        var since = (await poller.GetStatus())!.Since;
        Assert.NotNull((await poller.Poll()).Error);
        isDown = false;
        Assert.Null((await poller.Poll()).Error);

        Assert.NotNull(since);
        Assert.Equal(since, (await poller.GetStatus())!.Since);
    }

    [Fact]
    public async Task Settings_of_a_poller_survive_and_a_reset_reads_again_without_storing_twice()
    {
        var server = new AuditServer();
        for (var i = 0; i < 30; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i));
        var (poller, source) = await PollerAsync(server);
        await poller.Poll();

        var status = await poller.Configure(new PollerChange(TimeSpan.FromSeconds(7), 5, null, AuditServer.Noon.AddDays(-1), Reset: true));

        Assert.Equal((TimeSpan.FromSeconds(7), 5, null), (status!.Interval, status.Batch, status.Watermark));
        Assert.Equal(0, (await poller.Poll()).Stored);
        await AssertStoredOnceAsync(source, server);
    }

    [Fact]
    public async Task A_poller_killed_between_pages_continues_without_loss_or_repetition()
    {
        var server = new AuditServer();
        for (var i = 0; i < 200; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i), $"Practitioner/{i % 5}");
        var scripted = Own(await ScriptedServer.StartAsync(server.Answer));
        var source = NewSourceName();
        var silo = await TestSilo.StartAsync(Shared.TestDatabase, names: [source], baseUrl: scripted.Base);
        foreach (var killAt in new[] { 2, 5, 9 })
        {
            var killed = new TaskCompletionSource();
            var victim = silo;
            server.OnPage = number =>
            {
                if (number != killAt)
                    return null;
                victim.KillAsync().GetAwaiter().GetResult();
                killed.TrySetResult();
                return new ScriptedAnswer(400, "{}");
            };
            var poller = silo.Client.GetGrain<IAuditEventPollerGrain>(source);
            await poller.Configure(new PollerChange(null, 20, null, AuditServer.Noon.AddHours(-1), Reset: false));
            var poll = poller.Poll();
            await killed.Task;
            await Eventually.Is(() => poll.IsCompleted, "the poll has ended with its silo");
            silo = await TestSilo.StartAsync(Shared.TestDatabase, names: [source], baseUrl: scripted.Base);
        }

        server.OnPage = _ => null;
        Assert.Null((await silo.Client.GetGrain<IAuditEventPollerGrain>(source).Poll()).Error);
        await AssertStoredOnceAsync(source, server);
        await silo.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_that_fails_after_the_profiles_have_counted_it_counts_once()
    {
        var server = new AuditServer();
        for (var i = 0; i < 60; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i), $"Practitioner/{i % 5}");
        var (poller, source) = await PollerAsync(server);
        // Takes the poller's right to write between its pages: the second batch is prepared, observed and then refused by the fence.
        server.OnPage = number =>
        {
            if (number == 1)
                Database
                    .WriteAsync(
                        (session, token) =>
                            session.ExecuteAsync("UPDATE pollers SET epoch = epoch + 1 WHERE source = @source", new { source }, token)
                    )
                    .GetAwaiter()
                    .GetResult();
            return null;
        };

        Assert.NotNull((await poller.Poll()).Error);
        Assert.Null((await poller.Poll()).Error);
        await AssertStoredOnceAsync(source, server);
    }

    /// <summary>False: the poll takes longer than a call may; it goes on, and the next call waits for it.</summary>
    private static async Task<bool> HasPolledAsync(IAuditEventPollerGrain poller)
    {
        try
        {
            Assert.Null((await poller.Poll()).Error);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<(IAuditEventPollerGrain Poller, string Source)> PollerAsync(AuditServer server)
    {
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 20, null, AuditServer.Noon.AddHours(-1), Reset: false));
        return (poller, source);
    }

    /// <summary>Each event has one row, and each agent's profile has counted its events once.</summary>
    private async Task AssertStoredOnceAsync(string source, AuditServer server)
    {
        var counts = await Database.ReadAsync(
            async (session, token) =>
                (
                    Rows: await session.ScalarAsync<long>(
                        "SELECT COUNT(*) FROM audit_scores WHERE source = @source",
                        new { source },
                        token
                    ),
                    Events: await session.ScalarAsync<long>(
                        "SELECT COUNT(DISTINCT event_id) FROM audit_scores WHERE source = @source",
                        new { source },
                        token
                    ),
                    Numbers: await session.ScalarAsync<long>(
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
        Assert.Equal((server.Count, server.Count, server.Count, server.Count), counts);
    }
}

[Collection(OnSqlite.Name)]
public sealed class ExactlyOnceOnSqlite(SqliteSilo silo) : ExactlyOnceTests(silo);

[Collection(OnPostgres.Name)]
public sealed class ExactlyOnceOnPostgres(PostgresSilo silo) : ExactlyOnceTests(silo);
