using Interop.Fhir.Client;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Polling;

/// <summary>
/// Runs the polls of one source: one at a time, ended after its page when it is cancelled, and with a growing wait after failures. The log
/// and the poller's row say why a poll failed.
/// </summary>
public sealed partial class PollRunner(SourceClaim claim, TimeProvider time, ILogger log, string source) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private CancellationTokenSource _poll = new();
    private DateTimeOffset _notBefore;
    private long _failures;

    /// <summary>Cancelled when the runner is closed.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>A poll has failed, and the wait after it has not ended.</summary>
    public bool IsBackingOff => time.GetUtcNow() < _notBefore;

    /// <summary>Runs a round after the one in progress.</summary>
    /// <returns>What it has stored, and why it ended early.</returns>
    public Task<PollResult> RunAsync(IPollRound round) => TakeTurnAsync(() => RunRoundAsync(round));

    /// <summary>Ends a poll in progress after its page.</summary>
    public Task CancelAsync() => _poll.CancelAsync();

    /// <summary>Ends a poll in progress after its page, and then does the work, with no poll under way.</summary>
    public async Task<T> InsteadOfPollAsync<T>(Func<Task<T>> work)
    {
        await CancelAsync();
        return await TakeTurnAsync(work);
    }

    /// <summary>Ends a poll in progress after its page, and refuses more.</summary>
    /// <param name="cancellationToken">Ends the wait for that page.</param>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _closed.CancelAsync();
        await _oneAtATime
            .WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose()
    {
        _oneAtATime.Dispose();
        _closed.Dispose();
        _poll.Dispose();
    }

    private async Task<T> TakeTurnAsync<T>(Func<Task<T>> work)
    {
        await _oneAtATime.WaitAsync(_closed.Token);
        try
        {
            return await work();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<PollResult> RunRoundAsync(IPollRound round)
    {
        _poll.Dispose();
        _poll = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
        try
        {
            await round.RunAsync(_poll.Token);
            _failures = 0;
            return round.Result(null);
        }
        catch (OperationCanceledException) when (_poll.IsCancellationRequested)
        {
            return round.Result(null); // stopped or configured: the stored pages are committed
        }
        catch (Exception e) // the status shows the failure, and the next poll tries again
        {
            await FailedAsync(e);
            return round.Result(e.Message);
        }
    }

    private async Task FailedAsync(Exception e)
    {
        var wait = PollerSettings.WaitAfter(++_failures);
        _notBefore = time.GetUtcNow() + wait;
        var upstream = e as FhirRequestException;
        // Without the words of the server, which may name a patient.
        LogFailed(
            upstream is null && e is not (DatabaseException or PollerLostException) ? e : null,
            source,
            upstream?.LogMessage ?? e.Message,
            wait
        );
        try
        {
            await claim.UseAsync(s => s.FailPollAsync(e.Message, CancellationToken.None), _closed.Token);
        }
        catch (Exception also) when (also is DatabaseException or PollerLostException)
        {
            // The next poll claims again.
        }
    }

    [LoggerMessage(3001, LogLevel.Warning, "Polling {Source} failed: {Reason}; again in {Wait}")]
    private partial void LogFailed(Exception? exception, string source, string reason, TimeSpan wait);
}
