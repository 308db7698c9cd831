using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Interop.Ingestion.Exporting;

/// <summary>An NDJSON file. It gets its name only when it is complete and flushed to the disk.</summary>
internal sealed class NdjsonFile : IAsyncDisposable
{
    /// <summary>The suffix of the file's name until it is complete.</summary>
    public const string PartSuffix = ".part";

    private const int BufferBytes = 256 * 1024;

    /// <summary>The disk writes while the file grows, so that the end need not wait for all of it.</summary>
    private const long FlushEvery = 32 * 1024 * 1024;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private byte[] _buffer = new byte[BufferBytes];
    private int _length;
    private long _written;
    private Task _flush = Task.CompletedTask;
    private long _flushed;
    private bool _isComplete;

    public NdjsonFile(string path)
    {
        _path = path;
        _file = File.OpenHandle(
            path + PartSuffix,
            FileMode.Create,
            FileAccess.Write,
            FileShare.Read,
            FileOptions.Asynchronous | FileOptions.SequentialScan
        );
    }

    public long Lines { get; private set; }

    /// <summary>Writes a JSON text as one line: its line breaks, which JSON allows only between tokens, become spaces.</summary>
    public async ValueTask WriteAsync(string json, CancellationToken cancellationToken)
    {
        await MakeRoomAsync(Encoding.UTF8.GetMaxByteCount(json.Length) + 1, cancellationToken);
        EndLine(Encoding.UTF8.GetBytes(json, _buffer.AsSpan(_length)));
    }

    /// <inheritdoc cref="WriteAsync(string, CancellationToken)"/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (_buffer.Length - _length <= json.Length)
            return WriteSlowlyAsync(json, cancellationToken);
        json.Span.CopyTo(_buffer.AsSpan(_length));
        EndLine(json.Length);
        return ValueTask.CompletedTask;
    }

    /// <summary>Flushes the file to the disk and gives it its name.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await WriteBufferAsync(cancellationToken);
        await _flush;
        RandomAccess.FlushToDisk(_file);
        _file.Dispose();
        File.Move(_path + PartSuffix, _path, overwrite: true);
        _isComplete = true;
    }

    private async ValueTask WriteSlowlyAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        await MakeRoomAsync(json.Length + 1, cancellationToken);
        json.Span.CopyTo(_buffer.AsSpan(_length));
        EndLine(json.Length);
    }

    private void EndLine(int length)
    {
        _buffer.AsSpan(_length, length).ReplaceAny(LineBreaks, (byte)' ');
        _length += length;
        _buffer[_length++] = (byte)'\n';
        Lines++;
    }

    private async ValueTask MakeRoomAsync(int bytes, CancellationToken cancellationToken)
    {
        if (_buffer.Length - _length >= bytes)
            return;
        await WriteBufferAsync(cancellationToken);
        if (_buffer.Length < bytes)
            _buffer = new byte[bytes];
    }

    private async ValueTask WriteBufferAsync(CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(_file, _buffer.AsMemory(0, _length), _written, cancellationToken);
        _written += _length;
        _length = 0;
        if (_written - _flushed < FlushEvery || !_flush.IsCompleted)
            return;
        await _flush;
        _flushed = _written;
        _flush = Task.Run(() => RandomAccess.FlushToDisk(_file), CancellationToken.None);
    }

    /// <summary>Removes a file that is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isComplete)
            return;
        try
        {
            await _flush.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _file.Dispose();
        }
        finally
        {
            File.Delete(_path + PartSuffix);
        }
    }

    private static readonly System.Buffers.SearchValues<byte> LineBreaks = System.Buffers.SearchValues.Create("\r\n"u8);
}
