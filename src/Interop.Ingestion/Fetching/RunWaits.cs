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
    private readonly List<RunWait> _waits = [];
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
            return _waits.Find(r => r.Text is not null)?.Text
                ?? _waits
                    .Where(IsLate)
                    .Select(r => $"no complete answer since {r.Began.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)}")
                    .FirstOrDefault();
        }
    }

    /// <summary>Reads a page; meanwhile the run waits for it.</summary>
    /// <exception cref="FhirRequestException">The server refused, or every try failed.</exception>
    public Task<FhirPage> GetPageAsync(FhirClient client, Uri url, CancellationToken cancellationToken) =>
        WatchAsync(wait => client.GetPageAsync(url, wait.Retry, cancellationToken));

    /// <summary>Asks the server; meanwhile the run waits for it.</summary>
    /// <param name="ask">Tells the wait what it waits for.</param>
    public Task<T> WatchAsync<T>(Func<RunWait, Task<T>> ask) => WatchAsync(ask, isRequest: true);

    /// <summary>Watches work that may take long without waiting for anything, and that says itself what it waits for.</summary>
    public Task<T> WatchWorkAsync<T>(Func<RunWait, Task<T>> work) => WatchAsync(work, isRequest: false);

    /// <summary>Counts tries that were made elsewhere.</summary>
    public void AddRetries(long retries)
    {
        lock (_lock)
            Retries += retries;
    }

    private async Task<T> WatchAsync<T>(Func<RunWait, Task<T>> ask, bool isRequest)
    {
        var wait = new RunWait(this, isRequest, time.GetTimestamp(), time.GetUtcNow());
        lock (_lock)
            _waits.Add(wait);
        try
        {
            return await ask(wait);
        }
        finally
        {
            lock (_lock)
            {
                _waits.Remove(wait);
                if (wait.Text is not null || IsLate(wait))
                    Signal();
            }
        }
    }

    /// <summary>Pauses before a further try.</summary>
    /// <param name="reason">Why: follows the length of the pause.</param>
    public Task PauseAsync(TimeSpan pause, string reason, CancellationToken cancellationToken) =>
        WatchAsync(async wait =>
        {
            wait.Say($"goes on after {Seconds(pause)} s: {reason}");
            await Task.Delay(pause, time, cancellationToken);
            return true;
        });

    /// <summary>A time in seconds, with a digit after the point where it is short.</summary>
    public static string Seconds(TimeSpan pause) =>
        pause.TotalSeconds.ToString(pause.TotalSeconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private bool IsLate(RunWait wait) => wait.IsRequest && time.GetElapsedTime(wait.StartedAt) > Noticeable;

    private void Note(RunWait wait, string? text, FhirRetry? retry)
    {
        lock (_lock)
        {
            if (retry is not null)
                Retries++;
            if (wait.Text != text)
            {
                wait.Text = text;
                Signal();
            }
        }

        if (retry is { } further)
            onRetry?.Invoke(further);
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One thing that the run waits for.</summary>
    internal sealed class RunWait(RunWaits waits, bool isRequest, long startedAt, DateTimeOffset began)
    {
        public bool IsRequest => isRequest;

        public long StartedAt => startedAt;

        public DateTimeOffset Began => began;

        /// <summary>What it waits for; null for a request in its first try.</summary>
        public string? Text { get; set; }

        /// <summary>A try failed, and another one follows.</summary>
        public void Retry(FhirRetry retry) =>
            waits.Note(
                this,
                $"try {retry.Attempt} of {retry.MaxAttempts} follows after {Seconds(retry.Delay)} s: {retry.Failure.Reason}",
                retry
            );

        /// <summary>Tells what it waits for although the server has answered; null: for nothing.</summary>
        public void Say(string? text) => waits.Note(this, text, null);
    }
}
