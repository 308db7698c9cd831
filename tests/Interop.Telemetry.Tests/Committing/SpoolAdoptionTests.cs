using System.Text;
using Dapper;
using Interop.Telemetry.Committing;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Telemetry.Tests.Committing;

/// <summary>The spool of a process that has ended.</summary>
public sealed class SpoolAdoptionTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-adopt-").FullName;
    private TelemetryDatabase _telemetry = null!;

    private string SpoolFolder => Path.Combine(_folder, "gone", "telemetry");

    private string DatabasePath => Path.Combine(_folder, "telemetry.db");

    public async Task InitializeAsync()
    {
        _telemetry = new TelemetryDatabase(DatabasePath);
        await _telemetry.MigrateAsync(CancellationToken.None);
        using var spool = Open();
        for (var i = 0; i < 5_000; i += 100)
            spool.Append([.. Enumerable.Range(i, 100).Select(n => Event($"e-{n}", "t"))], [Reject.Of("why", "raw"u8)]);
    }

    public async Task DisposeAsync()
    {
        await _telemetry.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("gone/telemetry")]
    public async Task Its_events_are_stored_in_order_and_its_files_are_deleted(string directory)
    {
        Assert.Equal(new AdoptedSpool(5_000, 0, 50, 0), await AdoptAsync(directory));
        Assert.Equal(Enumerable.Range(0, 5_000).Select(n => $"e-{n}"), await StoredAsync());
        Assert.Empty(Directory.GetFiles(SpoolFolder, "*.spool"));
        Assert.Equal(new AdoptedSpool(0, 0, 0, 0), await AdoptAsync(directory));
    }

    [Fact]
    public async Task A_folder_that_a_process_uses_is_refused()
    {
        using var spool = Open();
        Assert.Contains(
            "Another process uses",
            (await Assert.ThrowsAsync<IOException>(() => AdoptAsync("gone"))).Message,
            StringComparison.Ordinal
        );
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task An_adoption_that_was_stopped_continues_and_stores_nothing_twice()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => AdoptAsync("gone", new CancellationToken(canceled: true)));
        Assert.Empty(await StoredAsync());
        Assert.Equal(5_000, (await AdoptAsync("gone")).Events);
    }

    [Fact]
    public async Task Events_that_the_database_has_are_counted_and_events_under_a_used_id_are_not_accepted()
    {
        var writer = new BatchWriter(_telemetry, new TelemetryOptions { SpoolDirectory = SpoolFolder }, TimeProvider.System);
        await writer.StoreAsync([Event("e-0", "t"), Event("e-1", "other")], [], CancellationToken.None);
        Assert.Equal(new AdoptedSpool(4_999, 1, 50, 0), await AdoptAsync("gone"));
        Assert.Equal(5_000, (await StoredAsync()).Count);
    }

    [Fact]
    public async Task Damaged_files_are_kept_and_reported()
    {
        var path = Directory.GetFiles(SpoolFolder, "*.spool").Single();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var adopted = await AdoptAsync("gone");
        Assert.Equal((5_049, 1), (adopted.Events + adopted.Rejects, adopted.DamagedFiles));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path + ".damaged"));
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_refused_and_not_created()
    {
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => AdoptAsync("nothing"));
        Assert.False(Directory.Exists(Path.Combine(_folder, "nothing")));
    }

    private Task<AdoptedSpool> AdoptAsync(string directory, CancellationToken cancellationToken = default) =>
        SpoolAdoption.AdoptAsync(
            _telemetry,
            Path.Combine(_folder, directory),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            cancellationToken
        );

    private Spool Open() => new(new TelemetryOptions { SpoolDirectory = SpoolFolder }, NullLogger<Spool>.Instance);

    private static TelemetryEvent Event(string id, string type) =>
        EventParser
            .Parse(Encoding.UTF8.GetBytes($$"""{"eventId":"{{id}}","eventType":"{{type}}"}"""), DateTimeOffset.UnixEpoch)
            .Events.Single()
            .Event;

    private async Task<List<string>> StoredAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        return [.. await connection.QueryAsync<string>("SELECT event_id FROM telemetry_events ORDER BY id")];
    }
}
