using Interop.Anomaly;
using Interop.Anomaly.Care;
using Interop.Grains.Tests.Support;
using Interop.Polling;
using Interop.TestServers;

namespace Interop.Grains.Tests.Polling;

/// <summary>From the first events to a model, scores, and what operators decide.</summary>
public abstract class AlertTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task After_500_events_the_first_model_trains_itself_and_scores_what_was_stored()
    {
        var server = new AuditServer();
        for (var i = 0; i < 700; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMinutes(i), $"Practitioner/{i % 5}", $"Patient/{i % 40}");
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 100, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        var query = Client.GetQuery<IAlertQueryGrain>();

        var alerts = await query.List(new AlertFilter(null, null, null, source, null, null, 1_000));
        var model = (await Client.GetGrain<IAnomalyModelGrain>(0).List()).First(v => v.Status == "promoted");

        Assert.Equal(700, alerts.Length);
        Assert.All(alerts, a => Assert.NotEqual("unscored", a.Prediction));
        Assert.All(alerts, a => Assert.InRange(a.Score!.Value, 0, 1));
        Assert.All(alerts, a => Assert.Equal(model.Id, a.ModelVersion));
        Assert.Equal(alerts.OrderByDescending(a => a.Time).Select(a => a.Id), alerts.Select(a => a.Id));

        var notified = await poller.Notify(AuditServer.Event("n1", AuditServer.Noon.AddDays(1)));
        var detail = (await query.Find(notified.AlertIds[0]))!;
        Assert.Equal(model.Id, detail.Alert.ModelVersion);
        Assert.Contains("patient_rarity", detail.Features.Text, StringComparison.Ordinal);
        Assert.Contains("\"n1\"", detail.Event.Text, StringComparison.Ordinal);

        var desk = Client.GetGrain<IAlertDeskGrain>(0);
        Assert.True(await desk.GiveFeedback(detail.Alert.Id, AlertVerdict.Confirmed, "seen"));
        Assert.False(await desk.GiveFeedback($"{source}-999999", AlertVerdict.Confirmed, null));
        Assert.Equal("confirmed", (await query.Find(detail.Alert.Id))!.Alert.Status);

        var trained = (await Client.GetGrain<IAnomalyModelGrain>(0).Train()).Version!;
        Assert.Equal("shadow", trained.Status);
        await poller.Notify(AuditServer.Event("n2", AuditServer.Noon.AddDays(2)));
        await poller.Notify(AuditServer.Event("n3", AuditServer.Noon.AddDays(2)));
        var versions = await Client.GetGrain<IAnomalyModelGrain>(0).List();
        var shadow = versions.First(v => v.Id == trained.Id).Shadow!;
        Assert.Equal(model.Id, shadow.Beside);
        Assert.True(shadow.Events >= 2, $"{shadow.Events} events in shadow");
        Assert.True(versions.First(v => v.Id == model.Id).Use!.Events > shadow.Events);
        Assert.True(await Client.GetGrain<IAnomalyModelGrain>(0).Promote(trained.Id));
        Assert.False(await Client.GetGrain<IAnomalyModelGrain>(0).Promote("m-unknown"));
        Assert.Equal(
            [trained.Id],
            (await Client.GetGrain<IAnomalyModelGrain>(0).List()).Where(v => v.Status == "promoted").Select(v => v.Id)
        );
    }

    [Fact]
    public async Task Accesses_to_a_patient_come_in_order_and_in_pages()
    {
        var server = new AuditServer();
        var patient = $"Patient/{Guid.NewGuid():N}";
        for (var i = 0; i < 450; i++)
            server.Add($"e{i}", AuditServer.Noon.AddSeconds(i / 3), "Practitioner/1", patient);
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 200, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        // A second source knows the same patient, so that there is more than one page.
        var (_, other) = await ScriptedAsync(server.Answer);
        var second = Client.GetGrain<IAuditEventPollerGrain>(other);
        await second.Configure(new PollerChange(null, 200, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await second.Poll();

        var seen = new List<Alert>();
        string? cursor = null;
        do
        {
            var page = await Client.GetQuery<IAlertQueryGrain>().ListAccesses(new AccessFilter(patient, null, null, null, cursor));
            seen.AddRange(page.Accesses);
            cursor = page.Next;
        } while (cursor is not null);

        Assert.Equal(900, seen.Select(a => a.Id).Distinct().Count());
        Assert.Equal(900, seen.Count);
        Assert.Equal(seen.OrderBy(a => a.Time).Select(a => a.Time), seen.Select(a => a.Time));
    }

    [Fact]
    public async Task A_report_comes_newest_first_in_pages_filtered_by_care_and_counted()
    {
        var server = new AuditServer();
        var (patient, other) = ($"Patient/{Guid.NewGuid():N}", $"Patient/{Guid.NewGuid():N}");
        for (var i = 0; i < 25; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMinutes(i / 2), $"Practitioner/{i % 3}", i % 5 == 0 ? other : patient);
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 200, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        var query = Client.GetQuery<IAlertQueryGrain>();
        // Some accesses are explained by care; one names the patient only as a further one.
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    """
                    UPDATE audit_scores SET care = CASE WHEN number % 12 = 0 THEN 'explained' ELSE 'unexplained' END WHERE source = @source;
                    INSERT INTO audit_event_patients (patient, event_time, source, number)
                        SELECT @patient, event_time, source, number FROM audit_scores WHERE source = @source AND event_id = 'e5';
                    """,
                    new { source, patient },
                    token
                )
        );

        var filter = new AccessFilter(patient, null, null, null, null, NewestFirst: true, Limit: 7);
        var seen = new List<Alert>();
        do
        {
            var page = await query.ListAccesses(filter);
            seen.AddRange(page.Accesses);
            filter = filter with { Cursor = page.Next };
        } while (filter.Cursor is not null);
        var totals = await query.CountAccesses(filter);
        var explained = await query.ListAccesses(filter with { Care = "explained" });
        var late = await query.CountAccesses(filter with { Since = AuditServer.Noon.AddMinutes(10), Cursor = "ignored" });

        Assert.Equal(21, seen.Select(a => a.Id).Distinct().Count());
        Assert.Equal(21, seen.Count);
        Assert.Equal(seen.OrderByDescending(a => a.Time).Select(a => a.Time), seen.Select(a => a.Time));
        Assert.All(seen, a => Assert.Equal(patient, a.Patient));
        Assert.Equal((21, 3), (totals.Accesses, totals.Agents));
        Assert.Equal(seen.Count(a => a.Care == "explained"), totals.Explained);
        Assert.Equal(21 - totals.Explained, totals.Unexplained);
        Assert.InRange(totals.Explained, 1, 2);
        Assert.Equal(seen.Where(a => a.Care == "explained").Select(a => a.Id), explained.Accesses.Select(a => a.Id));
        Assert.Equal(seen.Count(a => a.Time >= AuditServer.Noon.AddMinutes(10)), late.Accesses);
    }

    [Theory]
    [InlineData("dr-@", "Practitioner/dr-@")]
    [InlineData("Practitioner/dr-@", "Practitioner/dr-@")]
    [InlineData("https://fhir.example.org/r4/Practitioner/dr-@", "Practitioner/dr-@")]
    [InlineData("https://fhir.example.org/r4/Practitioner/dr-@/_history/3", "Practitioner/dr-@")]
    [InlineData("Device/etl-@", "Device/etl-@")]
    [InlineData("login.@", "login.@")]
    public async Task Accesses_of_an_agent_are_found_by_id_by_reference_and_by_login(string asked, string stored)
    {
        var key = Guid.NewGuid().ToString("N");
        var agent = stored.Replace("@", key, StringComparison.Ordinal);
        var server = new AuditServer();
        server.Add("e1", AuditServer.Noon, agent);
        server.Add("e2", AuditServer.Noon, $"Practitioner/another-{key}");
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 200, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        var query = Client.GetQuery<IAlertQueryGrain>();
        var name = asked.Replace("@", key, StringComparison.Ordinal);

        var accesses = await query.ListAccesses(new AccessFilter(null, name, null, null, null));
        var alerts = await query.List(new AlertFilter(null, null, null, null, name, null, 10));

        Assert.Equal(agent, Assert.Single(accesses.Accesses).Agent);
        Assert.Equal(agent, Assert.Single(alerts).Agent);
    }

    [Fact]
    public async Task What_a_killed_process_left_unscored_is_scored_after_the_next_poll()
    {
        var server = new AuditServer();
        for (var i = 0; i < 600; i++)
            server.Add($"e{i}", AuditServer.Noon.AddMinutes(i), $"Practitioner/{i % 5}", $"Patient/{i % 40}");
        var (_, source) = await ScriptedAsync(server.Answer);
        var poller = Client.GetGrain<IAuditEventPollerGrain>(source);
        await poller.Configure(new PollerChange(null, 100, null, AuditServer.Noon.AddHours(-1), Reset: false));
        await poller.Poll();
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync(
                    "UPDATE audit_scores SET model_version = NULL, score = NULL, share = NULL WHERE source = @source AND number > 400",
                    new { source },
                    token
                )
        );

        await poller.Poll();

        var alerts = await Client.GetQuery<IAlertQueryGrain>().List(new AlertFilter(null, null, null, source, null, null, 1_000));
        Assert.Equal(600, alerts.Count(a => a.Score is not null));
    }

    [Fact]
    public async Task An_agent_of_the_mapping_file_is_stored_as_its_Practitioner_and_found_by_its_login()
    {
        await using var database = await TestDatabase.CreateAsync(Shared.Dialect);
        using var file = new TemporaryFile();
        await File.WriteAllTextAsync(file.Path, "agent,practitioner\njdoe,Practitioner/prac-12\n");
        await using var silo = await TestSilo.StartAsync(
            database,
            new TestSiloOptions { Monitoring = new MonitoringOptions { AgentMap = file.Path } },
            names: ["default"],
            baseUrl: new Uri("http://127.0.0.1:1/")
        );
        var poller = silo.Client.GetGrain<IAuditEventPollerGrain>("default");

        var alert = Assert.Single((await poller.Notify(AuditServer.Event("e1", AuditServer.Noon, "jdoe"))).Alerts);
        await File.WriteAllTextAsync(file.Path, "agent,practitioner\njdoe,Practitioner/prac-1234\n");
        var later = Assert.Single((await poller.Notify(AuditServer.Event("e2", AuditServer.Noon, "jdoe"))).Alerts);
        var found = await silo.Client.GetGrain<IAlertQueryGrain>(0).ListAccesses(new AccessFilter(null, "jdoe", null, null, null));

        Assert.Equal(("Practitioner/prac-12", "Practitioner/prac-1234"), (alert.Agent, later.Agent));
        Assert.Equal(later.Id, Assert.Single(found.Accesses).Id);
    }

    [Fact]
    public async Task The_weekly_training_is_registered_before_there_is_a_model()
    {
        if (!TestClusters.IsEmbeddedEngine && Shared.Dialect == Interop.Storage.SqlDialect.Sqlite)
            return; // Orleans' in-memory reminders are not in the database
        await using var database = await TestDatabase.CreateAsync(Shared.Dialect);
        var table = Shared.Dialect == Interop.Storage.SqlDialect.Postgres ? "orleans.OrleansRemindersTable" : "OrleansRemindersTable";
        await using var silo = await TestSilo.StartAsync(database);

        await Eventually.Is(
            async () =>
                await database.Database.ReadAsync(
                    (session, token) => session.ScalarAsync<long>($"SELECT COUNT(*) FROM {table} WHERE ReminderName = 'train'", null, token)
                ) == 1,
            "the reminder is registered"
        );
    }

    [Fact]
    public async Task Watchlist_suppressions_and_cases_are_kept()
    {
        var desk = Client.GetGrain<IAlertDeskGrain>(0);
        var query = Client.GetQuery<IAlertQueryGrain>();
        var patient = $"Patient/{Guid.NewGuid():N}";

        Assert.True(await desk.Watch(patient, "employee"));
        Assert.False(await desk.Watch("Patient/a b", null));
        var suppression = await desk.Suppress($"Practitioner/{Guid.NewGuid():N}", null, "snooping", DateTimeOffset.UtcNow.AddDays(1));

        Assert.Contains(await query.ListWatched(), w => w.Patient == patient && w.Reason == "employee");
        Assert.True(await desk.Unwatch(patient));
        Assert.False(await desk.Unwatch(patient));
        Assert.Contains(await query.ListSuppressions(), s => s.Id == suppression.Id && s.Suppressed == 0);
        Assert.Null(await query.FindCase(999_999));
        Assert.Null(await desk.ChangeCase(999_999, "confirmed", null, null, null));
    }
}

/// <summary>A file that is gone after the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.GetTempFileName();

    public void Dispose() => File.Delete(Path);
}

[Collection(OnSqlite.Name)]
public sealed class AlertOnSqlite(SqliteSilo silo) : AlertTests(silo);

[Collection(OnPostgres.Name)]
public sealed class AlertOnPostgres(PostgresSilo silo) : AlertTests(silo);
