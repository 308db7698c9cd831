using System.Diagnostics;
using System.Text;

namespace Interop.Bench.Cluster;

/// <summary>Clients during a fault: a read and a post of telemetry five times a second each.</summary>
internal sealed class ClientRequests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Func<Uri> _address;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly Task _sending;
    private int _events;

    /// <param name="address">Where the API is; it may change while the requests are sent.</param>
    public ClientRequests(Func<Uri> address)
    {
        _address = address;
        _sending = Task.WhenAll(SendAsync(Reads, Read), SendAsync(Posts, Post));
    }

    public Outcomes Reads { get; } = new();

    public Outcomes Posts { get; } = new();

    /// <summary>What the first request that failed got, for the console.</summary>
    public string FirstFailure => (Reads.FirstFailure ?? Posts.FirstFailure) is { } failure ? $" ({failure})" : "";

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private HttpRequestMessage Read() => new(HttpMethod.Get, new Uri(_address(), "/runs"));

    private HttpRequestMessage Post() =>
        new(HttpMethod.Post, new Uri(_address(), "/api/telemetry/events"))
        {
            Content = new StringContent(
                $$"""{"eventId":"{{_id}}-{{_events++}}","eventType":"pd.request.sent","timestampUtc":"2026-03-01T10:00:00Z"}""",
                Encoding.UTF8,
                "application/json"
            ),
        };

    private async Task SendAsync(Outcomes outcomes, Func<HttpRequestMessage> create)
    {
        using var http = new HttpClient();
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            string? failure;
            try
            {
                using var request = create();
                using var response = await http.SendAsync(request);
                failure = response.IsSuccessStatusCode ? null : $"{request.Method} {(int)response.StatusCode}";
            }
            catch (HttpRequestException e)
            {
                failure = e.Message;
            }

            outcomes.Add(Stopwatch.GetElapsedTime(started).TotalSeconds, failure);
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The outcomes of one kind of request.</summary>
    public sealed class Outcomes
    {
        private int _count;
        private int _failed;
        private double _slowest;

        public string? FirstFailure { get; private set; }

        /// <summary>Their number, how many failed, and the slowest in seconds.</summary>
        public string[] Columns => [$"{_count}", $"{_failed}", $"{_slowest:0.0}"];

        public void Add(double seconds, string? failure)
        {
            _count++;
            _slowest = Math.Max(_slowest, seconds);
            if (failure is null)
                return;
            _failed++;
            FirstFailure ??= failure;
        }
    }
}
