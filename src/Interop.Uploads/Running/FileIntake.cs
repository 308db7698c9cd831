using System.IO.Pipelines;
using Interop.Storage;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;
using Interop.Uploads.Storing;

namespace Interop.Uploads.Running;

/// <summary>
/// Takes the bytes of one file as they come, checks its rows and stores them in batches. A file that cannot be read leaves nothing behind.
/// The bytes pass through a bounded pipe, so a sender waits while rows are stored.
/// </summary>
internal sealed class FileIntake : IAsyncDisposable
{
    private const int RowsPerBatch = 4000;
    private const int PipeBytes = 4 * 1024 * 1024;

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly Guid _fileId;
    private readonly FileFormat _format;
    private readonly long _maxBytes;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2));
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task<FileRefusal?> _storing;
    private long _bytes;
    private bool _isTooLarge;

    private FileIntake(Database database, TimeProvider time, Guid fileId, FileFormat format, long maxBytes)
    {
        (_database, _time, _fileId, _format, _maxBytes) = (database, time, fileId, format, maxBytes);
        _storing = Task.Run(StoreAsync);
    }

    public static FileRefusal TooLarge(long maxBytes) =>
        new(FileRefusalReason.TooLarge, $"the file has more than {maxBytes / 1024 / 1024} MiB", null);

    /// <summary>Registers the file, before its first byte.</summary>
    public static async Task<FileIntake> BeginAsync(
        Database database,
        TimeProvider time,
        Guid fileId,
        FileRequest request,
        FileFormat format,
        long maxBytes,
        CancellationToken cancellationToken
    )
    {
        await database.WriteAsync(
            (session, token) => FileStore.InsertAsync(session, fileId, request, time.GetUtcNow(), token),
            cancellationToken
        );
        return new FileIntake(database, time, fileId, format, maxBytes);
    }

    /// <summary>Takes the next bytes. False: the file is refused already, and <see cref="CompleteAsync"/> says why.</summary>
    public async Task<bool> AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _bytes += bytes.Length;
        if (_bytes > _maxBytes)
        {
            _isTooLarge = true;
            return false;
        }
        if (_storing.IsCompleted)
            return false;
        var flushed = await _pipe.Writer.WriteAsync(bytes, cancellationToken);
        return !flushed.IsCompleted;
    }

    /// <summary>The end of the file: its rows are stored and it can be submitted, or it is refused and nothing of it is stored.</summary>
    public async Task<FileRefusal?> CompleteAsync(CancellationToken cancellationToken)
    {
        FileRefusal? refusal;
        if (_isTooLarge)
        {
            await _stopping.CancelAsync();
            await _pipe.Writer.CompleteAsync(new OperationCanceledException());
            await _storing.ContinueWith(_ => { }, TaskScheduler.Default);
            refusal = TooLarge(_maxBytes);
        }
        else
        {
            await _pipe.Writer.CompleteAsync();
            refusal = await _storing.WaitAsync(cancellationToken);
        }
        if (refusal is not null)
            await DeleteAsync(cancellationToken);
        else
            await _database.WriteAsync(
                (session, token) =>
                    FileStore.SetStatusAsync(session, _fileId, null, [FileStatus.Receiving], FileStatus.Running, null, null, token),
                cancellationToken
            );
        return refusal;
    }

    /// <summary>The sender is gone before the end: nothing of the file is stored.</summary>
    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _pipe.Writer.CompleteAsync(new OperationCanceledException());
        await _storing.ContinueWith(_ => { }, TaskScheduler.Default);
        await DeleteAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _pipe.Writer.CompleteAsync(new OperationCanceledException());
        await _storing.ContinueWith(_ => { }, TaskScheduler.Default);
        _stopping.Dispose();
    }

    private Task DeleteAsync(CancellationToken cancellationToken) =>
        _database.WriteAsync((session, token) => FileStore.DeleteAsync(session, _fileId, token), cancellationToken);

    private async Task<FileRefusal?> StoreAsync()
    {
        var cancellationToken = _stopping.Token;
        Exception? failure = null;
        try
        {
            using var rows = await CsvRowReader.OpenAsync(_pipe.Reader.AsStream(leaveOpen: true), cancellationToken);
            var positions = _format.Locate(rows.Header);
            using var encoder = new RowEncoder(_fileId);
            // One batch is written while the next one is read.
            using var batches = new BatchPair();
            var total = 0L;
            var change = new CounterChange();
            try
            {
                while (await rows.ReadAsync(cancellationToken))
                {
                    if (IsHeaderAgain(rows))
                        throw new CsvException(FileRefusalReason.Parse, "the header occurs twice: this is two files in one", rows.Line);
                    total++;
                    change = Add(encoder, batches.Filling, rows, positions, change);
                    if (batches.Filling.Count < RowsPerBatch)
                        continue;
                    await SwapAsync();
                    change = new CounterChange();
                }
                if (total == 0)
                    return new FileRefusal(FileRefusalReason.HeaderOnly, "the file has a header and no rows", 1);
                await SwapAsync();

                Task SwapAsync()
                {
                    var counted = change;
                    return batches.SwapAsync(full => FlushAsync(full, counted, cancellationToken));
                }
            }
            finally
            {
                await batches.CompleteAsync();
            }
            return null;
        }
        catch (CsvException e)
        {
            return new FileRefusal(e.Reason, e.Message, e.Line);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            // A sender that still writes stops at once.
            await _pipe.Reader.CompleteAsync(failure);
        }
    }

    private CounterChange Add(RowEncoder encoder, RowBatch batch, CsvRowReader rows, int[] positions, CounterChange change)
    {
        var fields = rows.FieldsAt(positions);
        var problem = rows.WidthProblem ?? _format.Problem(fields);
        var status = problem is null ? _format.InitialStatus : RowStatus.Invalid;
        encoder.Append(batch, rows.Line, status, fields, null, problem, 0, _time.GetUtcNow());
        return status switch
        {
            RowStatus.Invalid => change with { Rows = change.Rows + 1, Invalid = change.Invalid + 1 },
            RowStatus.Received => change with { Rows = change.Rows + 1, Received = change.Received + 1 },
            _ => change with { Rows = change.Rows + 1, Pending = change.Pending + 1 },
        };
    }

    private static bool IsHeaderAgain(CsvRowReader rows) =>
        rows.Fields.Length == rows.Header.Length
        && rows.Fields[0].Trim() == rows.Header[0]
        && rows.Fields.Select(field => field.Trim()).SequenceEqual(rows.Header, StringComparer.Ordinal);

    /// <summary>The lines of a file are new: no row exists with their keys.</summary>
    private async Task FlushAsync(RowBatch batch, CounterChange change, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
            return;
        await _database.WriteAsync(
            async (session, token) =>
            {
                await FileStore.ChangeAsync(session, _fileId, 0, change, null, token);
                await session.BulkUpsertAsync(batch, UpsertRule.Refuse, token);
            },
            cancellationToken
        );
        batch.Clear();
    }
}
