using System.Text;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Interop.Telemetry.Tests;

public sealed class SpoolTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("interop-spool-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_was_added_comes_back_in_order_after_a_restart_and_is_gone_when_released()
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
    public void A_torn_tail_is_cut_wherever_it_was_torn_and_what_was_flushed_before_stays()
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
    public void Zeros_and_flipped_bits_at_the_end_are_no_records()
    {
        using (var spool = Open())
            spool.Append([Event(1), Event(2)], []);
        var whole = File.ReadAllBytes(Files().Single());
        foreach (var tail in new[] { new byte[4096], Flipped(whole[(whole.Length / 2)..], 20) })
        {
            File.WriteAllBytes(Path.Combine(_directory, "0000000000000000001.spool"), [.. whole[..(whole.Length / 2)], .. tail]);
            using var spool = Open();
            Assert.Equal(["e-1"], spool.Read(100)!.Events.Select(e => e.EventId));
        }
    }

    [Fact]
    public void Past_its_limit_it_takes_nothing_and_after_a_release_again()
    {
        using var spool = Open(mebibytes: 1);
        var large = new TelemetryEvent { Raw = Encoding.UTF8.GetBytes($$"""{"eventId":"l","eventType":"t","x":"{{new string('x', 600_000)}}"}"""), ReceivedAt = Now };
        Assert.NotNull(spool.Append([large], []));
        Assert.Null(spool.Append([large], []));
        var chunk = spool.Read(10)!;
        Assert.Single(chunk.Events);
        spool.Release(chunk.Segment, chunk.End);
        Assert.NotNull(spool.Append([large], []));
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        using var spool = Open();
        Assert.Contains("INTEROP_DATA", Assert.Throws<IOException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_that_comes_late_takes_nothing_back()
    {
        using var spool = Open();
        var first = spool.Append([Event(1)], [])!;
        spool.Append([Event(2)], []);
        var chunk = spool.Read(1)!;
        spool.Release(chunk.Segment, chunk.End);
        spool.Release(first.Segment, first.End);
        Assert.Equal(["e-2"], spool.Read(10)!.Events.Select(e => e.EventId));
    }

    private static byte[] Flipped(byte[] data, int at)
    {
        data[at] ^= 1;
        return data;
    }

    private static TelemetryEvent Event(int number) =>
        EventParser.Parse(Encoding.UTF8.GetBytes($$"""{"eventId":"e-{{number}}","eventType":"t"}"""), Now).Events.Single().Event;

    private string[] Files() => Directory.GetFiles(_directory, "*.spool");

    private Spool Open(int mebibytes = 16) => new(
        Options.Create(new TelemetryOptions { SpoolDirectory = _directory, MaxSpoolMebibytes = mebibytes }), NullLogger<Spool>.Instance);
}
