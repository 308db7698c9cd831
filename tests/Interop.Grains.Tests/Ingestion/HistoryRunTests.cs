using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Sandbox.Faults;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>Runs that read a history or compare ids: what they find that a search does not.</summary>
public abstract class HistoryRunTests(SharedSilo shared) : IngestionSuite(shared)
{
    [Fact]
    public async Task A_deletion_between_two_runs_removes_the_rows_and_marks_the_resource()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0 }, s => s.Mode = RunMode.History);
        await Client.RunAsync(source, "Patient");
        var ids = sandbox.Store.Ids("Patient");
        await SendAsync(sandbox, HttpMethod.Delete, ids[0]);
        await SendAsync(sandbox, HttpMethod.Put, ids[1], Renamed(ids[1], "Changed"));

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, 1L), (run.Status, run.Counters.Upserted));
        Assert.Contains("\"deleted\":1", await Client.WarningsAsync(run.RunId), StringComparison.Ordinal);
        Assert.Equal(0, await Database.CountAsync("patients", source, $"id = '{ids[0]}'"));
        Assert.Equal(1, await Database.CountAsync("patients", source, $"id = '{ids[1]}' AND family = 'Changed'"));
        Assert.Equal(1, await Database.CountAsync("resources", source, $"resource_id = '{ids[0]}' AND deleted_at IS NOT NULL"));
        Assert.True(run.CheckpointAfter >= run.CheckpointBefore);
    }

    [Fact]
    public async Task A_resource_that_was_deleted_and_created_again_is_stored()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0 }, s => s.Mode = RunMode.History);
        await Client.RunAsync(source, "Patient");
        var id = sandbox.Store.Ids("Patient")[0];
        await SendAsync(sandbox, HttpMethod.Delete, id);
        await SendAsync(sandbox, HttpMethod.Put, id, Renamed(id, "Again"));

        await Client.RunAsync(source, "Patient");
        var third = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, third.Status);
        Assert.Equal(1, await Database.CountAsync("patients", source, $"id = '{id}' AND family = 'Again'"));
        Assert.Equal(0, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_deletion_is_not_undone_by_older_versions_on_later_pages()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0 }, s => s.Mode = RunMode.History);
        await Client.RunAsync(source, "Patient");
        var ids = sandbox.Store.Ids("Patient").Take(20).ToList();
        foreach (var id in ids)
            await SendAsync(sandbox, HttpMethod.Put, id, Renamed(id, "Last words"));
        foreach (var id in ids)
            await SendAsync(sandbox, HttpMethod.Delete, id);

        // Pages of 25: the deletions are on the first page, the versions before them partly on the second.
        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal((RunStatus.Success, 0L), (run.Status, run.Counters.Upserted));
        Assert.Equal(0, await Database.CountAsync("patients", source, "family = 'Last words'"));
        Assert.Equal(20, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task A_reconciliation_finds_what_no_history_tells_and_reports_it()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0 });
        await Client.RunAsync(source, "Patient");
        var ids = sandbox.Store.Ids("Patient");
        await SendAsync(sandbox, HttpMethod.Delete, ids[3]);
        await Database.WriteAsync(
            (session, token) =>
                session.ExecuteAsync($"DELETE FROM resources WHERE source = '{source}' AND resource_id = '{ids[5]}'", null, token)
        );

        var run = await Client.RunAsync(source, "Patient", Runs.Request("Patient") with { Mode = RunMode.Reconcile });

        Assert.Equal((RunStatus.Success, 1L), (run.Status, run.Counters.Upserted));
        Assert.Equal(run.CheckpointBefore, run.CheckpointAfter);
        Assert.Contains(
            "reconciled: the server counts 29 and lists 29, 29 were stored; 1 that were not stored were fetched, 1 that the server does not have were deleted, 0 that",
            await Client.WarningsAsync(run.RunId),
            StringComparison.Ordinal
        );
        Assert.Equal(0, await Database.CountAsync("patients", source, $"id = '{ids[3]}'"));
        Assert.Equal(29, await Database.CountAsync("resources", source, "deleted_at IS NULL"));
    }

    [Fact]
    public async Task A_reconciliation_of_a_server_that_loses_its_page_links_deletes_nothing_that_is_there()
    {
        var (sandbox, source) = await SandboxAsync(Small with { BadShare = 0, Patients = 1100 });
        await Client.RunAsync(source, "Patient");
        sandbox.Faults.Set(new FaultRule { Kind = FaultKind.ExpiredPaging, Times = 1 });

        var run = await Client.RunAsync(source, "Patient", Runs.Request("Patient") with { Mode = RunMode.Reconcile });

        Assert.Equal((RunStatus.Success, 0L), (run.Status, run.Counters.Fetched));
        Assert.Equal(0, await Database.CountAsync("resources", source, "deleted_at IS NOT NULL"));
    }

    private static string Renamed(string id, string family) =>
        $$$"""{"resourceType":"Patient","id":"{{{id}}}","name":[{"family":"{{{family}}}"}]}""";

    private static async Task SendAsync(SandboxServer sandbox, HttpMethod method, string id, string? body = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(sandbox.FhirBase, $"Patient/{id}"));
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/fhir+json");
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}

[Collection(OnSqlite.Name)]
public sealed class HistoryRunOnSqliteTests(SqliteSilo shared) : HistoryRunTests(shared);

[Collection(OnPostgres.Name)]
public sealed class HistoryRunOnPostgresTests(PostgresSilo shared) : HistoryRunTests(shared);
