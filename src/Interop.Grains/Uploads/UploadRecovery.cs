using Interop.Storage;
using Interop.Uploads.Storing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Uploads;

/// <summary>Resumes interrupted files when a host has started. Their reminders would do it within a minute.</summary>
internal sealed partial class UploadRecovery(Database database, IGrainFactory grains, ILogger<UploadRecovery> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var fileId in await database.ReadAsync(FileStore.UnfinishedIdsAsync, stoppingToken))
            {
                LogResuming(fileId);
                await grains.GetGrain<IFileGrain>(fileId).Resume();
            }
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(6101, LogLevel.Information, "File {FileId} is unfinished; resuming it")]
    private partial void LogResuming(Guid fileId);

    [LoggerMessage(6102, LogLevel.Warning, "Unfinished files could not be resumed at once; their reminders will do it")]
    private partial void LogFailed(Exception e);
}
