using Interop.Grains.Tests.Support;
using Interop.Storage;
using Microsoft.Extensions.Options;

namespace Interop.Discovery.Tests;

/// <summary>The memory of submissions, on either database.</summary>
public abstract class SearchHistoryTests : IAsyncLifetime
{
    private static readonly Demographics Ada = new("Ada", "Example", "1970-01-31");
    private static readonly DiscoveryRequest Request = new("default", "r-1", Ada, DiscoveryFormat.Json);
    private static readonly TimelineEvent Happened = new(DateTimeOffset.UnixEpoch, "PD_SEARCH_REQUEST", "submitted", new JsonText("{}"));
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_submitted_request_is_answered_again_and_not_begun_again()
    {
        var history = History();
        var begun = await history.BeginAsync(Request, default);
        Assert.Null(begun.Answer);
        Assert.Equal(begun, await history.BeginAsync(Request, default)); // it has not ended: the same correlation id
        var answer = new DiscoveryAnswer(DiscoveryOutcome.Submitted, null, begun.CorrelationId, null);
        await history.EndAsync(Request, answer, Happened, default);
        Assert.Equal(answer, (await history.BeginAsync(Request, default)).Answer);
        Assert.Equal(answer, (await history.BeginAsync(Request with { Demographics = Ada with { FirstName = "ADA" } }, default)).Answer);
        Assert.Single(await history.ReadTimelineAsync(Ada, default));
    }

    [Fact]
    public async Task A_request_id_of_another_patient_is_refused_whether_or_not_it_was_submitted()
    {
        var history = History();
        var other = Request with { Demographics = Ada with { LastName = "Other" } };
        var begun = await history.BeginAsync(Request, default);
        Assert.Equal(DiscoveryOutcome.RequestIdReused, (await history.BeginAsync(other, default)).Answer!.Outcome);
        await history.EndAsync(
            Request,
            new DiscoveryAnswer(DiscoveryOutcome.Submitted, null, begun.CorrelationId, null),
            Happened,
            default
        );
        var refused = (await history.BeginAsync(other, default)).Answer!;
        Assert.Equal((DiscoveryOutcome.RequestIdReused, null), (refused.Outcome, refused.CorrelationId));
        Assert.Null((await history.BeginAsync(other with { Tenant = "second" }, default)).Answer);
    }

    [Fact]
    public async Task A_process_with_another_secret_is_refused()
    {
        await History().BeginAsync(Request, default);
        var stranger = History('b');
        await Assert.ThrowsAsync<PatientKeyException>(() => stranger.BeginAsync(Request, default));
        await Assert.ThrowsAsync<PatientKeyException>(() => stranger.ReadTimelineAsync(Ada, default));
        await Assert.ThrowsAsync<PatientKeyException>(() => stranger.RenewKeysAsync(default));
    }

    [Fact]
    public async Task Timelines_of_an_earlier_version_are_found_after_the_renewal_of_their_keys()
    {
        await _database.Database.WriteAsync(
            async (session, token) =>
            {
                for (var i = 0; i < 1_200; i++)
                    await TimelineStore.AddAsync(
                        session,
                        PatientKeys.Hash(i == 7 ? Ada : Ada with { FirstName = $"A{i}" }),
                        Happened,
                        token
                    );
            }
        );
        var history = History();
        await history.RenewKeysAsync(default);
        Assert.Single(await history.ReadTimelineAsync(Ada, default));
        Assert.Empty(await _database.Database.ReadAsync((session, token) => TimelineStore.FindFormerKeysAsync(session, 10, token)));
    }

    private protected abstract Task<TestDatabase> CreateAsync();

    private SearchHistory History(char secret = 'a') =>
        new(
            _database.Database,
            new PatientKeys(Options.Create(new DiscoveryOptions { PatientKey = new string(secret, 32) })),
            TimeProvider.System
        );
}

public sealed class SqliteSearchHistoryTests : SearchHistoryTests
{
    private protected override Task<TestDatabase> CreateAsync() => TestDatabase.CreateAsync(SqlDialect.Sqlite);
}

public sealed class PostgresSearchHistoryTests : SearchHistoryTests
{
    private protected override Task<TestDatabase> CreateAsync() => TestDatabase.CreateAsync(SqlDialect.Postgres);
}
