using System.Threading.Channels;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Anomaly.Alerts;

/// <summary>Runs a step at its start, at each signal, and when the time is over that the step asked to wait.</summary>
internal sealed partial class DeliveryLoop : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private readonly Func<CancellationToken, Task<TimeSpan?>> _step;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
    );
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="step">Returns how long to wait for the next step; null: until a signal.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes failures.</param>
    public DeliveryLoop(Func<CancellationToken, Task<TimeSpan?>> step, TimeProvider time, ILogger log)
    {
        (_step, _time, _log) = (step, time, log);
        _running = Task.Run(() => RunAsync(_stop.Token));
    }

    public void Signal() => _signals.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            _signals.Reader.TryRead(out _); // a signal during the step begins another
            try
            {
                await WaitAsync(await _step(cancellationToken), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // the outbox has the alerts: the next step tries again
            {
                LogFailed(e is DatabaseException ? null : e, e.Message, AfterFailure);
                await Task.Delay(AfterFailure, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WaitAsync(TimeSpan? wait, CancellationToken cancellationToken)
    {
        if (wait is not { } atMost)
        {
            await _signals.Reader.WaitToReadAsync(cancellationToken);
            return;
        }

        if (atMost <= TimeSpan.Zero)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_signals.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(atMost, _time, either.Token));
        await either.CancelAsync();
    }

    [LoggerMessage(3204, LogLevel.Warning, "Alerts wait for their delivery: {Reason}. The next attempt follows in {Wait}")]
    private partial void LogFailed(Exception? exception, string reason, TimeSpan wait);
}
