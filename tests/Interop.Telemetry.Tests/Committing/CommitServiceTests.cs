using System.Diagnostics;
using System.Text;
using Dapper;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Spooling;
using Interop.Telemetry.Tests.Spooling;
using Interop.TestServers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Telemetry.Tests.Committing;

/// <summary>The commit service over a SQLite file, which another connection can lock, and over a disk that can become full.</summary>
public sealed class CommitServiceTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-commits-").FullName;
    private readonly FailingDisk _disk = new();
    private TelemetryDatabase _telemetry = null!;
    private CommitService _commits = null!;
    private Spool _spool = null!;

    private string DatabasePath => Path.Combine(_folder, "telemetry.db");

    private TelemetryOptions Settings { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Settings = new TelemetryOptions { SpoolDirectory = Path.Combine(_folder, "spool"), MaxRejects = 50 };
        _telemetry = new TelemetryDatabase(DatabasePath);
        await _telemetry.MigrateAsync(CancellationToken.None);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        await _telemetry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task While_the_database_is_locked_events_go_to_the_spool_and_are_stored_in_order_afterwards()
    {
        await AcceptAsync("first"); // the first commit opens the file
        using (var locked = await LockAsync())
        {
            for (var i = 0; i < 50; i++)
                Assert.Equal(SubmissionStatus.Accepted, (await AcceptAsync($"locked-{i}")).Status);
            Assert.False(_spool.IsEmpty);
        }

        Assert.Equal(SubmissionStatus.Accepted, (await AcceptAsync("last")).Status);
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty");
        Assert.Equal([.. Enumerable.Range(0, 50).Select(i => $"locked-{i}").Prepend("first").Append("last")], await StoredAsync());
        Assert.Empty(Directory.GetFiles(Settings.SpoolDirectory, "*.spool"));
    }

    [Fact]
    public async Task A_full_disk_is_reported_while_it_lasts_and_the_healthy_database_is_used_again()
    {
        await AcceptAsync("first");
        _disk.IsFull = true;
        using (var locked = await LockAsync())
            Assert.Equal(SubmissionStatus.NotKept, (await AcceptAsync("refused")).Status);

        // The disk is still full.
        await Eventually.Is(
            async () => (await AcceptAsync("after")).Status == SubmissionStatus.Accepted,
            "the database accepts events again"
        );
        Assert.True(_spool.IsEmpty);
        Assert.Contains("after", await StoredAsync());
        _disk.IsFull = false;
        using (var locked = await LockAsync())
            Assert.Equal(SubmissionStatus.Accepted, (await AcceptAsync("spooled")).Status);
        await Eventually.Is(async () => (await StoredAsync()).Contains("spooled"), "the event is stored");
    }

    [Fact]
    public async Task The_next_process_stores_the_events_that_a_stopped_process_left_in_its_spool()
    {
        await AcceptAsync("first");
        using (var locked = await LockAsync())
        {
            await AcceptAsync("spooled");
            var started = Stopwatch.GetTimestamp();
            await StopAsync();
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
        }

        await StartAsync();
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty");
        Assert.Equal(["first", "spooled"], await StoredAsync());
    }

    [Fact]
    public async Task A_stopped_service_refuses_events()
    {
        await StopAsync();
        Assert.Equal(SubmissionStatus.NotKept, (await AcceptAsync("late")).Status);
        await StartAsync();
    }

    [Fact]
    public async Task An_event_with_a_lone_surrogate_that_is_sent_again_does_not_stop_the_others()
    {
        const string Odd = """{"eventId":"odd","eventType":"t","\ud800":1,"x":"\udc00"}""";
        Assert.Equal(SubmissionStatus.Accepted, (await SendAsync(Odd)).Status);
        await SendAsync(Odd.Replace(":1", ": 1", StringComparison.Ordinal));
        Assert.Equal(SubmissionStatus.Accepted, (await AcceptAsync("next")).Status);
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty"); // a busy machine may take longer than the budget
        Assert.Equal(["odd", "next"], await StoredAsync());
    }

    [Fact]
    public async Task A_completed_search_with_a_lone_surrogate_in_a_name_does_not_stop_the_others()
    {
        Assert.Equal(
            SubmissionStatus.Accepted,
            (await SendAsync("""{"\ud800":1,"eventId":"odd","eventType":"pd.request.completed"}""")).Status
        );
        Assert.Equal(SubmissionStatus.Accepted, (await AcceptAsync("next")).Status);
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty"); // a busy machine may take longer than the budget
        Assert.Equal(["odd", "next"], await StoredAsync());
    }

    [Fact]
    public async Task Rejects_are_stored_up_to_their_limit_and_counted_in_the_answer()
    {
        var outcome = await SendAsync("[" + string.Join(',', Enumerable.Range(0, 2_000)) + "]");
        Assert.Equal((SubmissionStatus.Rejected, 2_000), (outcome.Status, outcome.RejectedCount));
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty");
        await using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        Assert.Equal(50, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM telemetry_rejects"));
    }

    [Fact]
    public async Task Senders_at_once_are_answered_each_with_its_own_outcome()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(i => Task.Run(() => i % 5 == 0 ? SendAsync("{}") : AcceptAsync($"e-{i}")))
        );
        Assert.All(
            outcomes.Index(),
            o => Assert.Equal(o.Index % 5 == 0 ? SubmissionStatus.Rejected : SubmissionStatus.Accepted, o.Item.Status)
        );
        await Eventually.Is(() => _spool.IsEmpty, "the spool is empty");
        Assert.Equal(400, (await StoredAsync()).Count);
    }

    private async Task StartAsync()
    {
        _spool = new Spool(Settings, NullLogger<Spool>.Instance, _disk.Open);
        _commits = new CommitService(
            new BatchWriter(_telemetry, Settings, TimeProvider.System),
            _spool,
            Settings,
            TimeProvider.System,
            NullLogger.Instance
        );
        await _commits.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await _commits.StopAsync(CancellationToken.None);
        _commits.Dispose();
    }

    private Task<SubmissionOutcome> AcceptAsync(string eventId) => SendAsync($$"""{"eventId":"{{eventId}}","eventType":"t"}""");

    private async Task<SubmissionOutcome> SendAsync(string body) =>
        Assert.Single(await _commits.AcceptAsync([new Submission(Encoding.UTF8.GetBytes(body), IsTooLong: false)]).WaitAsync(Soon));

    private async Task<SqliteConnection> LockAsync()
    {
        var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        await connection.OpenAsync();
        await connection.ExecuteAsync("BEGIN IMMEDIATE");
        return connection; // closing it rolls back
    }

    private async Task<List<string>> StoredAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        return [.. await connection.QueryAsync<string>("SELECT event_id FROM telemetry_events ORDER BY id")];
    }
}
