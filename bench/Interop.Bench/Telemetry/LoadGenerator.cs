using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Interop.Bench.Telemetry;

/// <param name="Seconds">The length of the measurement.</param>
/// <param name="Accepted">Events that were accepted.</param>
/// <param name="Others">All other answers.</param>
/// <param name="Latencies">The latency of each answer in milliseconds, sorted.</param>
internal sealed record LoadResult(double Seconds, long Accepted, long Others, double[] Latencies)
{
    /// <summary>The processor time of the generator. A busy machine changes processor times less than durations.</summary>
    public TimeSpan GeneratorCpu { get; init; }

    public TimeSpan ServerCpu { get; init; }

    public TimeSpan PostgresCpu { get; init; }

    public double PerSecond => Accepted / Seconds;

    public double Percentile(double share) =>
        Latencies.Length == 0 ? 0 : Latencies[(int)Math.Min(Latencies.Length - 1, share * Latencies.Length)];
}

/// <summary>Sends events over keep-alive connections, one request at a time on each, with as little work as possible.</summary>
internal static class LoadGenerator
{
    private const int IdDigits = 16;
    private static long _next;

    /// <param name="address">The server.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="duration">How long to send.</param>
    /// <param name="rate">The total number of requests per second; null: as fast as answers arrive.</param>
    public static async Task<LoadResult> RunAsync(Uri address, int connections, TimeSpan duration, double? rate = null)
    {
        var started = Stopwatch.GetTimestamp();
        var until = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var interval = rate is { } perSecond ? (long)(connections / perSecond * Stopwatch.Frequency) : 0;
        var senders = Enumerable
            .Range(0, connections)
            .Select(i => Task.Run(() => SendAsync(address, started + interval * i / connections, until, interval)))
            .ToArray();
        var results = await Task.WhenAll(senders);
        var latencies = results.SelectMany(r => r.Latencies).ToArray();
        Array.Sort(latencies);
        return new LoadResult(
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            results.Sum(r => r.Accepted),
            results.Sum(r => r.Others),
            latencies
        );
    }

    private static async Task<(List<double> Latencies, long Accepted, long Others)> SendAsync(
        Uri address,
        long due,
        long until,
        long interval
    )
    {
        var (request, idAt) = Request(address);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port);
        var (latencies, accepted, others, buffer) = (new List<double>(1024), 0L, 0L, new byte[4096]);
        while (Stopwatch.GetTimestamp() < until)
        {
            var sentAt = Stopwatch.GetTimestamp();
            if (interval > 0)
            {
                if (sentAt < due)
                {
                    await Task.Delay(Stopwatch.GetElapsedTime(sentAt, due));
                    sentAt = Stopwatch.GetTimestamp();
                }
                else
                {
                    sentAt = due; // the previous answer came too late; the wait for it counts
                }

                due += interval;
            }

            // In no order, like the ids of real senders: increasing ids would cost the index much less. Multiplication by an odd number is
            // a permutation.
            ((ulong)Interlocked.Increment(ref _next) * 0x9E3779B97F4A7C15).TryFormat(request.AsSpan(idAt, IdDigits), out _, "X16");
            await socket.SendAsync(request);
            if (await IsAcceptedAsync(socket, buffer))
                accepted++;
            else
                others++;
            latencies.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
        }

        return (latencies, accepted, others);
    }

    private static async ValueTask<bool> IsAcceptedAsync(Socket socket, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0)
                throw new IOException("the server closed the connection");
            length += read;
            var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (head < 0)
                continue;
            var at = buffer.AsSpan(0, head).IndexOf("Content-Length: "u8);
            var body =
                at >= 0 && Utf8Parser.TryParse(buffer.AsSpan(at + "Content-Length: ".Length), out int announced, out _) ? announced : 0;
            if (length < head + 4 + body)
                continue;
            return buffer.AsSpan(9, 3).SequenceEqual("202"u8) && buffer.AsSpan(head + 4, body).IndexOf("false"u8) < 0;
        }
    }

    private static (byte[] Request, int IdAt) Request(Uri address)
    {
        var run = Guid.NewGuid().ToString("N")[..8];
        var body =
            $$"""{"eventId":"{{new string('0', IdDigits)}}-{{run}}","eventType":"pd.request.sent","timestampUtc":"2026-03-01T10:00:00Z","source":"mirth","protocol":"XCPD","interactionId":"ITI-55","organization":"organization-a","qhin":"qhin-1","environment":"prod","status":"SUCCESS","durationMs":1523,"resultCount":2,"correlationId":"6f1c6b6e-6f0e-4c6e-9d55-8d1f1f0a7c11"}""";
        var text =
            $"POST /api/telemetry/events HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        return (Encoding.ASCII.GetBytes(text), text.IndexOf(new string('0', IdDigits), StringComparison.Ordinal));
    }
}
