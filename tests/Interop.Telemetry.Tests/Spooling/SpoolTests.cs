using System.Text;
using Interop.Storage.Spooling;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Telemetry.Tests.Spooling;

public sealed class SpoolTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("interop-spool-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Records_are_read_in_order_after_a_restart_and_deleted_when_released()
    {
        using (var spool = Open())
        {
            Assert.True(spool.IsEmpty);
            Assert.NotNull(spool.Append([Event(1), Event(2)], [Reject.Of("why", "raw"u8, "id")]));
            Assert.NotNull(spool.Append([Event(3)], []));
        }

        using (var again = Open())
        {
            var chunk = again.Read(2)!;
            Assert.Equal(["e-1", "e-2"], chunk.Events.Select(e => e.EventId));
            Assert.Equal(Now, chunk.Events[0].ReceivedAt);
            again.Release(chunk.Segment, chunk.End);
            var rest = again.Read(100)!;
            Assert.Equal(["e-3"], rest.Events.Select(e => e.EventId));
            Assert.Equal(new Reject("why", "id", "raw"), Assert.Single(rest.Rejects));
            Assert.False(again.IsEmpty);
            again.Release(rest.Segment, rest.End);
            Assert.True(again.IsEmpty);
            Assert.Equal(0, again.Bytes);
            Assert.Null(again.Read(1));
        }

        Assert.Empty(Files());
    }

    [Fact]
    public void An_incomplete_frame_at_the_end_is_cut_off_and_the_frames_before_it_stay()
    {
        using (var spool = Open())
            spool.Append([Event(1), Event(2), Event(3)], []);
        var whole = File.ReadAllBytes(Files().Single());
        var frame = whole.Length / 3;
        for (var length = whole.Length - 1; length > 0; length--)
        {
            File.WriteAllBytes(Path.Combine(_directory, "0000000000000000001.spool"), whole[..length]);
            using var spool = Open();
            Assert.Equal(length / frame, spool.Read(100)?.Events.Count ?? 0);
            Assert.Equal(length / frame * frame, spool.Bytes);
        }
    }

    [Fact]
    public void Zeros_and_flipped_bits_at_the_end_are_no_records_and_damage_is_kept_aside()
    {
        using (var spool = Open())
            spool.Append([Event(1), Event(2)], []);
        var whole = File.ReadAllBytes(Files().Single());
        foreach (var (tail, isDamage) in new[] { (new byte[4096], false), (Flipped(whole[(whole.Length / 2)..], 20), true) })
        {
            var path = Path.Combine(_directory, "0000000000000000001.spool");
            File.WriteAllBytes(path, [.. whole[..(whole.Length / 2)], .. tail]);
            using var spool = Open();
            Assert.Equal(["e-1"], Drain(spool));
            Assert.Equal(isDamage, File.Exists(path + ".damaged"));
        }
    }

    [Fact]
    public void A_damaged_frame_in_the_middle_costs_only_itself_and_the_file_is_kept_aside()
    {
        using (var spool = Open())
        {
            for (var i = 0; i < 200; i++)
                spool.Append([Event(i)], []);
        }

        var path = Files().Single();
        var whole = File.ReadAllBytes(path);
        whole[whole.Length / 2] ^= 1;
        whole.AsSpan(whole.Length / 4, 20).Clear();
        File.WriteAllBytes(path, whole);
        var log = new CollectingLog();
        using (var spool = new Spool(new TelemetryOptions { SpoolDirectory = _directory }, log))
        {
            var ids = Drain(spool);
            Assert.InRange(ids.Count, 197, 198); // the range of zeros may touch two frames
            Assert.Equal("e-199", ids[^1]);
            Assert.True(spool.IsEmpty);
        }

        Assert.Equal(2, log.Lines.Count(l => l.Contains("are damaged", StringComparison.Ordinal)));
        Assert.Empty(Files());
        Assert.Equal(whole, File.ReadAllBytes(path + ".damaged"));
    }

    [Fact]
    public void Damage_in_a_file_that_is_not_the_last_is_never_taken_for_an_incomplete_write()
    {
        for (var i = 1; i <= 2; i++)
        {
            using var spool = Open();
            spool.Append([Event(i)], []);
        }

        var first = Files().Order().First();
        File.WriteAllBytes(first, File.ReadAllBytes(first)[..^3]);
        using var again = Open();
        Assert.Equal(["e-2"], Drain(again));
        Assert.True(File.Exists(first + ".damaged"));
    }

    [Fact]
    public void An_event_of_the_largest_size_behind_damage_is_found()
    {
        using (var spool = Open())
        {
            spool.Append([Event(1)], []);
            spool.Append([Large(1_000_000)], []);
            spool.Append([Event(2)], []);
        }

        var path = Files().Single();
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. bytes[..20], .. new byte[9_000_000], .. bytes[20..]]);
        using var again = Open();
        Assert.Equal(["l", "e-2"], Drain(again));
    }

    [Fact]
    public void A_write_that_fails_leaves_nothing_and_the_next_one_succeeds()
    {
        var disk = new FailingDisk();
        using var spool = Open(open: disk.Open);
        disk.IsFull = true;
        for (var i = 0; i < 3; i++)
            Assert.Throws<IOException>(() => spool.Append([Event(1)], []));
        Assert.True(spool.IsEmpty);
        Assert.Null(spool.Read(10));
        Assert.Empty(Files());

        disk.IsFull = false;
        spool.Append([Event(2)], []);
        disk.IsFull = true;
        Assert.Throws<IOException>(() => spool.Append([Event(3)], []));
        disk.IsFull = false;
        spool.Append([Event(4)], []);
        Assert.Equal(["e-2", "e-4"], Drain(spool));
        Assert.True(spool.IsEmpty);
        Assert.Empty(Files());
    }

    [Fact]
    public void The_error_of_a_device_without_space_leaves_nothing_either()
    {
        if (!File.Exists("/dev/full"))
            return;
        var isFull = true;
        using var spool = Open(open: (path, mode) => isFull ? SpoolFile.Open("/dev/full", FileMode.Open) : SpoolFile.Open(path, mode));
        Assert.Contains(
            "cannot be written",
            Assert.Throws<IOException>(() => spool.Append([Event(1)], [])).Message,
            StringComparison.Ordinal
        );
        Assert.True(spool.IsEmpty);
        isFull = false;
        spool.Append([Event(2)], []);
        Assert.Equal(["e-2"], Drain(spool));
    }

    [Fact]
    public void After_a_failed_write_a_restart_finds_only_what_was_confirmed()
    {
        var disk = new FailingDisk();
        using (var spool = Open(open: disk.Open))
        {
            spool.Append([Event(1)], []);
            disk.IsFull = true;
            Assert.Throws<IOException>(() => spool.Append([Event(2)], []));
        }

        using var again = Open();
        Assert.Equal(["e-1"], Drain(again));
        Assert.False(File.Exists(Path.Combine(_directory, "0000000000000000001.spool.damaged")));
    }

    [Fact]
    public void Rejects_beyond_the_number_that_the_database_keeps_are_dropped()
    {
        using var spool = new Spool(new TelemetryOptions { SpoolDirectory = _directory, MaxRejects = 3 }, NullLogger<Spool>.Instance);
        spool.Append([], [Reject.Of("1", "raw"u8), Reject.Of("2", "raw"u8)]);
        spool.Append([Event(1)], [Reject.Of("3", "raw"u8), Reject.Of("4", "raw"u8)]);
        var chunk = spool.Read(100)!;
        Assert.Equal(["1", "2", "3"], chunk.Rejects.Select(r => r.Reason));
        Assert.Single(chunk.Events);
    }

    [Fact]
    public void The_files_are_readable_by_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
            return;
        var folder = Path.Combine(_directory, "inner");
        using var spool = new Spool(new TelemetryOptions { SpoolDirectory = folder }, NullLogger<Spool>.Instance);
        spool.Append([Event(1)], []);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(folder, "*.spool").Single()));
    }

    [Fact]
    public void A_full_spool_takes_nothing_until_records_are_released()
    {
        using var spool = Open(mebibytes: 1);
        var large = Large(600_000);
        Assert.NotNull(spool.Append([large], []));
        Assert.Null(spool.Append([large], []));
        var chunk = spool.Read(10)!;
        Assert.Single(chunk.Events);
        spool.Release(chunk.Segment, chunk.End);
        Assert.NotNull(spool.Append([large], []));
    }

    [Fact]
    public void A_folder_that_another_process_uses_is_refused()
    {
        using var spool = Open();
        Assert.Contains("INTEROP_DATA", Assert.Throws<IOException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_release_of_an_earlier_position_changes_nothing()
    {
        using var spool = Open();
        var first = spool.Append([Event(1)], [])!;
        spool.Append([Event(2)], []);
        var chunk = spool.Read(1)!;
        spool.Release(chunk.Segment, chunk.End);
        spool.Release(first.Segment, first.End);
        Assert.Equal(["e-2"], spool.Read(10)!.Events.Select(e => e.EventId));
    }

    private static List<string> Drain(Spool spool)
    {
        var ids = new List<string>();
        while (spool.Read(7) is { } chunk)
        {
            ids.AddRange(chunk.Events.Select(e => e.EventId));
            spool.Release(chunk.Segment, chunk.End);
        }

        return ids;
    }

    private static TelemetryEvent Large(int size) =>
        new() { Raw = Encoding.UTF8.GetBytes($$"""{"eventId":"l","eventType":"t","x":"{{new string('x', size)}}"}"""), ReceivedAt = Now };

    private static byte[] Flipped(byte[] data, int at)
    {
        data[at] ^= 1;
        return data;
    }

    private static TelemetryEvent Event(int number) =>
        EventParser.Parse(Encoding.UTF8.GetBytes($$"""{"eventId":"e-{{number}}","eventType":"t"}"""), Now).Events.Single().Event;

    private string[] Files() => Directory.GetFiles(_directory, "*.spool");

    private Spool Open(int mebibytes = 16, Func<string, FileMode, SpoolFile>? open = null) =>
        new(new TelemetryOptions { SpoolDirectory = _directory, MaxSpoolMebibytes = mebibytes }, NullLogger<Spool>.Instance, open);

    private sealed class CollectingLog : ILogger<Spool>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add(formatter(state, exception));
    }
}
