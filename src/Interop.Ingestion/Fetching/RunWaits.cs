using System.Globalization;
using Interop.Fhir.Client;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// What a run waits for: a server that does not answer, or the wait before a further try. Requests of one run may be under way at the same
/// time.
/// </summary>
/// <param name="onRetry">Called before each wait for a further try.</param>
internal sealed class RunWaits(TimeProvider time, Action<FhirRetry>? onRetry = null)
{
    /// <summary>An answer that takes longer is worth telling.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<Request> _requests = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Tries after the first, over all requests.</summary>
    public long Retries { get; private set; }

    /// <summary>Completes when something began or ended that <see cref="Describe"/> tells.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    /// <summary>What the run waits for, in one line; null when it makes progress.</summary>
    public string? Describe()
    {
        lock (_lock)
        {
            return _requests.Find(r => r.Retry is not null)?.Retry
                ?? _requests
                    .Where(r => time.GetElapsedTime(r.StartedAt) > Noticeable)
                    .Select(r => $"no complete answer since {r.Began.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)}")
                    .FirstOrDefault();
        }
    }

    /// <summary>Reads a page; meanwhile the run waits for it.</summary>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public async Task<FhirPage> GetPageAsync(FhirClient client, Uri url, CancellationToken cancellationToken)
    {
        var request = new Request(time.GetTimestamp(), time.GetUtcNow());
        lock (_lock)
            _requests.Add(request);
        try
        {
            return await client.GetPageAsync(url, retry => Note(request, retry), cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _requests.Remove(request);
                if (request.Retry is not null || time.GetElapsedTime(request.StartedAt) > Noticeable)
                    Signal();
            }
        }
    }

    private void Note(Request request, FhirRetry retry)
    {
        lock (_lock)
        {
            Retries++;
            var delay = retry.Delay.TotalSeconds.ToString(retry.Delay.TotalSeconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
            request.Retry = $"try {retry.Attempt} of {retry.MaxAttempts} follows after {delay} s: {retry.Failure.Reason}";
            Signal();
        }

        onRetry?.Invoke(retry);
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Request(long startedAt, DateTimeOffset began)
    {
        public long StartedAt => startedAt;

        public DateTimeOffset Began => began;

        /// <summary>The last retry; null for a request in its first try.</summary>
        public string? Retry { get; set; }
    }
}
