using System.Runtime.CompilerServices;
using Interop.Storage;
using Interop.Uploads.Formats;
using Interop.Uploads.Running;
using Interop.Uploads.Storing;
using Microsoft.Extensions.Options;

namespace Interop.Uploads;

/// <inheritdoc cref="IFileGrain"/>
internal sealed class FileGrain(FileWorkers workers, Database database, IOptions<UploadOptions> options, TimeProvider time)
    : Grain,
        IFileGrain,
        IRemindable
{
    private const string ResumeReminder = "resume";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepAlivePeriod = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SenderSilence = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FollowPeriod = TimeSpan.FromSeconds(1);

    private FileIntake? _intake;
    private long _lastAppend;
    private FileWorker? _worker;
    private IGrainTimer? _keepAlive;

    private Guid FileId => this.GetPrimaryKey();

    public async Task<FileRefusal?> Begin(FileRequest request)
    {
        if (workers.Refusal(request) is { } refusal)
            return refusal;
        FileFormat format;
        try
        {
            format = workers.Format(request.Kind, request.Profile);
        }
        catch (UnknownProfileException e)
        {
            return new FileRefusal(FileRefusalReason.UnknownProfile, e.Message, null);
        }
        await this.RegisterOrUpdateReminder(ResumeReminder, ReminderPeriod, ReminderPeriod);
        _intake = await workers.BeginAsync(FileId, request, format, CancellationToken.None);
        _lastAppend = time.GetTimestamp();
        KeepAlive();
        return null;
    }

    public Task<bool> Append(FileChunk chunk)
    {
        _lastAppend = time.GetTimestamp();
        return _intake is { } intake ? intake.AppendAsync(chunk.Bytes, CancellationToken.None) : Task.FromResult(false);
    }

    public async Task<FileRefusal?> Complete()
    {
        if (_intake is not { } intake)
            return new FileRefusal(FileRefusalReason.Parse, "the server restarted during the upload; send the file again", null);
        _intake = null;
        await using (intake)
        {
            if (await intake.CompleteAsync(CancellationToken.None) is { } refusal)
            {
                await ForgetReminderAsync();
                return refusal;
            }
        }
        await Resume();
        return null;
    }

    public async Task Abort()
    {
        if (_intake is not { } intake)
            return;
        _intake = null;
        await using (intake)
            await intake.AbortAsync(CancellationToken.None);
        await ForgetReminderAsync();
    }

    public async Task Resume()
    {
        if (_intake is not null || _worker is { Completion.IsCompleted: false })
            return;
        switch (await FindRecordAsync())
        {
            case { Status: FileStatus.Running }:
                await this.RegisterOrUpdateReminder(ResumeReminder, ReminderPeriod, ReminderPeriod);
                _worker = workers.Create(FileId);
                _worker.Start();
                KeepAlive();
                break;
            case { Status: FileStatus.Receiving } abandoned when time.GetUtcNow() - abandoned.StartedAt > SenderSilence:
                await database.WriteAsync((session, token) => FileStore.DeleteAsync(session, FileId, token));
                await ForgetReminderAsync();
                break;
            case { Status: FileStatus.Receiving }:
                break;
            default:
                await ForgetReminderAsync();
                break;
        }
    }

    public async Task<FileProgress?> Find() => (await FindRecordAsync())?.Progress;

    public async Task<FileProgress?> Retry()
    {
        if (await FindRecordAsync() is not { } file)
            return null;
        if (!FileStatus.IsActive(file.Status))
        {
            await database.WriteAsync((session, token) => FileRetry.RunAsync(session, FileId, token));
            await Resume();
        }
        return (await FindRecordAsync())?.Progress;
    }

    public async Task<FileProgress?> Cancel()
    {
        await Abort();
        await database.WriteAsync(
            (session, token) =>
                FileStore.SetStatusAsync(
                    session,
                    FileId,
                    null,
                    [FileStatus.Running, FileStatus.Waiting],
                    FileStatus.Cancelled,
                    null,
                    time.GetUtcNow(),
                    token
                )
        );
        if (_worker is { } worker)
            await worker.DisposeAsync();
        _worker = null;
        await ForgetReminderAsync();
        return (await FindRecordAsync())?.Progress;
    }

    public async IAsyncEnumerable<FileProgress> Follow([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Resume();
        for (FileProgress? last = null; ; )
        {
            var changed = _worker?.Changed ?? Task.CompletedTask;
            if (await FindRecordAsync() is not { } file)
                yield break;
            var progress = file.Progress;
            if (last is null || progress.Status != last.Status || progress.Pending != last.Pending)
                yield return last = progress;
            if (!FileStatus.IsActive(progress.Status))
                yield break;
            await Task.WhenAny(
                changed.IsCompleted ? Task.Delay(options.Value.RetryDelay, time, cancellationToken) : changed,
                Task.Delay(FollowPeriod, time, cancellationToken)
            );
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Resume();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_intake is { } intake)
            await intake.DisposeAsync();
        if (_worker is { } worker)
            await worker.DisposeAsync();
    }

    private void KeepAlive() =>
        _keepAlive ??= this.RegisterGrainTimer(
            CheckAsync,
            new GrainTimerCreationOptions
            {
                DueTime = KeepAlivePeriod,
                Period = KeepAlivePeriod,
                KeepAlive = true,
            }
        );

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_intake is not null && time.GetElapsedTime(_lastAppend) > SenderSilence)
            await Abort();
        if (_intake is not null || _worker is { Completion.IsCompleted: false })
            return;
        await Resume();
        if (_worker is { Completion.IsCompleted: false })
            return;
        _keepAlive?.Dispose();
        _keepAlive = null;
    }

    private async Task ForgetReminderAsync()
    {
        if (await this.GetReminder(ResumeReminder) is { } reminder)
            await this.UnregisterReminder(reminder);
    }

    private Task<FileRecord?> FindRecordAsync() => database.ReadAsync((session, token) => FileStore.FindAsync(session, FileId, token));
}
