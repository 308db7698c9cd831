using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Interop.Browser.Tests;

/// <summary>
/// A load balancer without affinity: each request goes to the next server, over a connection of its own. WebSockets pass through it. A
/// server that does not listen is left out.
/// </summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private const int MaxHeadBytes = 64 * 1024;
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly IReadOnlyList<Uri> _servers;
    private readonly Task _accepting;
    private int _next;

    public LoadBalancer(params IReadOnlyList<Uri> servers)
    {
        _servers = servers;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    /// <summary>Where browsers reach it.</summary>
    public Uri Address { get; }

    /// <summary>The server that a path should go to; null: the next one.</summary>
    public Func<string, int?> Prefer { get; set; } = _ => null;

    /// <summary>Whether it passes requests on; else it closes their connections.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>Every request that was passed on: its path, and the server that got it.</summary>
    public ConcurrentQueue<(string Path, int Server)> Passed { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var passing = PassAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
                _connections[passing] = 0;
                _ = passing.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        try
        {
            using var _ = client;
            var browser = client.GetStream();
            var (head, begun) = await ReadHeadAsync(browser);
            if (head.Length == 0 || !IsOpen)
                return;
            var path = head.Split(' ')[1].Split('?')[0];
            using var connection = await ConnectAsync(path);
            var server = connection.GetStream();
            await server.WriteAsync(Encoding.Latin1.GetBytes(WithOwnConnection(head)), _stopping.Token);
            await server.WriteAsync(begun, _stopping.Token);
            await Task.WhenAny(browser.CopyToAsync(server, _stopping.Token), server.CopyToAsync(browser, _stopping.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of the two is gone; the other one is told by the end of its connection.
        }
    }

    private async Task<TcpClient> ConnectAsync(string path)
    {
        var first = Prefer(path) ?? Interlocked.Increment(ref _next);
        for (var i = 0; ; i++)
        {
            var at = (first + i) % _servers.Count;
            var connection = new TcpClient();
            try
            {
                await connection.ConnectAsync(_servers[at].Host, _servers[at].Port, _stopping.Token);
                Passed.Enqueue((path, at));
                return connection;
            }
            catch (SocketException) when (i + 1 < _servers.Count)
            {
                connection.Dispose();
            }
        }
    }

    private async Task<(string Head, byte[] Begun)> ReadHeadAsync(NetworkStream browser)
    {
        var bytes = new byte[MaxHeadBytes];
        var count = 0;
        while (true)
        {
            var read = await browser.ReadAsync(bytes.AsMemory(count), _stopping.Token);
            if (read == 0)
                return ("", []);
            count += read;
            var end = bytes.AsSpan(0, count).IndexOf(EndOfHead);
            if (end >= 0)
                return (Encoding.Latin1.GetString(bytes, 0, end), bytes[(end + EndOfHead.Length)..count]);
        }
    }

    /// <summary>Asks the server to close the connection after its answer, so that the next request is balanced again.</summary>
    private static string WithOwnConnection(string head)
    {
        var lines = head.Split("\r\n").ToList();
        if (!lines.Any(line => line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase)))
        {
            lines.RemoveAll(line => line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
            lines.Add("Connection: close");
        }

        return $"{string.Join("\r\n", lines)}\r\n\r\n";
    }
}
