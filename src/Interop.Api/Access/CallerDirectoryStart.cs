using Microsoft.Extensions.Hosting;

namespace Interop.Api.Access;

/// <summary>
/// Asks once at start whether callers need credentials, so that an answer is known when the database goes away before the first request.
/// </summary>
internal sealed class CallerDirectoryStart(CallerDirectory callers, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await callers.PrepareAsync().WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A front end that waits for its cluster, or a database that is away: the first request asks again and gets the reason.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
