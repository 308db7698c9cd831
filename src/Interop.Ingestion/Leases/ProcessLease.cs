using Interop.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Leases;

/// <summary>Another process uses the database. The message names it and says what to do.</summary>
public sealed class DatabaseInUseException(string message) : DatabaseException(message, null);

/// <summary>
/// Lets one server with the embedded engine use a database. It takes the lease before anything else starts, renews it, and releases it when
/// the process stops. Commands that run once do not take it.
/// </summary>
internal sealed partial class ProcessLease(
    Database database,
    ProcessIdentity identity,
    IOptions<LeaseOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<ProcessLease> log
) : IHostedLifecycleService, IAsyncDisposable
{
    private const string Name = "embedded";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly string _owner = identity.ToString();
    private Task _renewing = Task.CompletedTask;

    /// <exception cref="DatabaseInUseException">Another process has the lease.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (await TryAcquireAsync(cancellationToken) is { } other)
        {
            // An owner that cannot be looked at from here may have ended: its lease becomes silent then.
            var mayBecomeSilent = ProcessIdentity.Parse(other.Owner)?.Host != identity.Host;
            if (!mayBecomeSilent || time.GetElapsedTime(startedAt) > options.Value.SilentAfter + RetryInterval)
            {
                var who = ProcessIdentity.Parse(other.Owner)?.Description ?? other.Owner;
                throw new DatabaseInUseException(
                    $"the database {database.Location} is used by {who} since {other.AcquiredAt.UtcDateTime:u}: stop it first, or give this process another database (INTEROP_DATA or DB_URL)"
                );
            }

            await Task.Delay(RetryInterval, time, cancellationToken);
        }

        _renewing = Task.Run(RenewAsync, CancellationToken.None);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Releases the lease after everything else has stopped.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _renewing;
        using var timeout = new CancellationTokenSource(ReleaseTimeout, time);
        try
        {
            await database.WriteAsync((session, token) => ProcessLeaseStore.ReleaseAsync(session, Name, _owner, token), timeout.Token);
        }
        catch (Exception e) when (e is DatabaseException or OperationCanceledException)
        {
            LogNotReleased(e.Message); // the next process waits until the lease is silent
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync();
        await _renewing;
        _stop.Dispose();
    }

    /// <summary>Null when this process has the lease, else its owner.</summary>
    private Task<ProcessLeaseRecord?> TryAcquireAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var present = await ProcessLeaseStore.FindAsync(session, Name, token);
                var ended = present is not null && ProcessIdentity.Parse(present.Owner)?.HasEnded() == true ? present.Owner : null;
                return await ProcessLeaseStore.AcquireAsync(session, Name, _owner, ended, options.Value.SilentAfter, token)
                    ? null
                    : await ProcessLeaseStore.FindAsync(session, Name, token);
            },
            cancellationToken
        );

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(options.Value.Heartbeat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    if (
                        await database.WriteAsync(
                            (session, token) => ProcessLeaseStore.RenewAsync(session, Name, _owner, token),
                            _stop.Token
                        )
                    )
                        continue;
                    if (await TryAcquireAsync(_stop.Token) is not { } other)
                        continue;
                    LogLost(other.Owner);
                    lifetime.StopApplication();
                    return;
                }
                catch (DatabaseException e)
                {
                    LogNotRenewed(e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    [LoggerMessage(
        2401,
        LogLevel.Critical,
        "The database is used by another process now ({Owner}): this process was silent for too long and stops"
    )]
    private partial void LogLost(string owner);

    [LoggerMessage(2402, LogLevel.Warning, "The lease of this process was not renewed: {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(2403, LogLevel.Warning, "The lease of this process was not released: {Reason}")]
    private partial void LogNotReleased(string reason);
}

/// <summary>Composition of the process lease.</summary>
public static class ProcessLeaseServices
{
    /// <summary>Refuses to start a second process on the same database. For the embedded engine; silos of a cluster share a
    /// database.</summary>
    public static IServiceCollection AddProcessLease(this IServiceCollection services) => services.AddHostedService<ProcessLease>();
}
