using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Discovery;

/// <summary>Replaces the patient keys of an earlier version, in the background after the start.</summary>
internal sealed partial class PatientKeyRenewal(SearchHistory history, ILogger<PatientKeyRenewal> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the start of the host does not wait for the database
        try
        {
            await history.RenewKeysAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(e); // the next start tries again
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    [LoggerMessage(4302, LogLevel.Warning, "The patient keys of an earlier version could not be replaced; the next start tries again")]
    private partial void LogFailed(Exception e);
}
