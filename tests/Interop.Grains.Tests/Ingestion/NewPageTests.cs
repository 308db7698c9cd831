using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Storage;
using Interop.TestServers;

namespace Interop.Grains.Tests.Ingestion;

/// <summary>After a page that was entirely new, the next pages of a first load are inserted without asking what is stored.</summary>
public abstract class NewPageTests(SharedSilo shared) : IngestionSuite(shared)
{
    private const int PageSize = 25;

    [Fact]
    public async Task Resources_that_come_again_within_a_first_load_are_recognised()
    {
        string[][] pages =
        [
            Page("a"),
            Page("b"),
            [.. Page("c"), Patient("a-0", 1)], // the same version
            [.. Page("d"), Patient("b-0", 2)], // a newer one
            [.. Page("e"), Patient("f-0", 1), Patient("f-0", 2)], // two versions on one page
            Page("g"),
        ];
        var source = await ServeAsync(() => pages);

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal((6 * PageSize + 3, 6 * PageSize + 3, 1), (run.Counters.Fetched, run.Counters.Upserted, run.Counters.Refetched));
        Assert.Equal(6 * PageSize + 1, await Database.CountAsync("patients", source));
        Assert.Equal(("2", "2"), (await FamilyAsync(source, "b-0"), await FamilyAsync(source, "f-0")));
    }

    [Fact]
    public async Task An_older_version_never_overwrites_a_stored_one_on_a_page_that_is_taken_as_new()
    {
        string[][] pages =
        [
            [Patient("x", 3), Patient("y", 1)],
        ];
        var source = await ServeAsync(() => pages);
        await Client.RunAsync(source, "Patient");
        pages = [Page("a"), Page("b"), [.. Page("c"), Patient("x", 2), Patient("y", 2)], Page("d")];

        var run = await Client.RunAsync(source, "Patient", Runs.Request("Patient") with { Full = true });

        Assert.Equal(RunStatus.Success, run.Status);
        Assert.Equal((4 * PageSize + 1, 1), (run.Counters.Upserted, run.Counters.Unchanged));
        Assert.Equal(("3", "2"), (await FamilyAsync(source, "x"), await FamilyAsync(source, "y")));
    }

    [Fact]
    public async Task An_invalid_resource_on_a_page_that_is_taken_as_new_is_one_dead_letter()
    {
        const string Bad = """{"resourceType":"Patient","id":"bad","meta":{"versionId":"1"},"gender":5}""";
        string[][] pages = [Page("a"), Page("b"), [.. Page("c"), Bad], [.. Page("d"), Bad]];
        var source = await ServeAsync(() => pages);

        var run = await Client.RunAsync(source, "Patient");

        Assert.Equal(
            (RunStatus.Success, 4 * PageSize, 1, 1, 1),
            (run.Status, run.Counters.Upserted, run.Counters.Invalid, run.Counters.DeadLetters, run.Counters.Refetched)
        );
    }

    private static string[] Page(string prefix) => [.. Enumerable.Range(0, PageSize).Select(i => Patient($"{prefix}-{i}", 1))];

    private static string Patient(string id, int version) =>
        $$$"""{"resourceType":"Patient","id":"{{{id}}}","meta":{"versionId":"{{{version}}}"},"name":[{"family":"{{{version}}}"}]}""";

    private Task<string?> FamilyAsync(string source, string id) =>
        Database.ReadAsync(
            (session, token) =>
                session.ScalarAsync<string>("SELECT family FROM patients WHERE source = @source AND id = @id", new { source, id }, token)
        );

    private async Task<string> ServeAsync(Func<string[][]> pages)
    {
        var (_, source) = await ScriptedAsync(request =>
        {
            if (request.IsMetadata)
                return ScriptedAnswer.NotFound;
            var number = int.TryParse(request.Query["page"], out var asked) ? asked : 0;
            var next = number + 1 < pages().Length ? $"{request.Base}Patient?page={number + 1}" : null;
            return ScriptedAnswer.Bundle(pages()[number], next);
        });
        return source;
    }
}

[Collection(OnSqlite.Name)]
public sealed class NewPageOnSqliteTests(SqliteSilo shared) : NewPageTests(shared);

[Collection(OnPostgres.Name)]
public sealed class NewPageOnPostgresTests(PostgresSilo shared) : NewPageTests(shared);
