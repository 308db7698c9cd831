using System.Text;

namespace Interop.Ingestion.Exporting;

/// <summary>An NDJSON file. It gets its name only when it is complete and flushed to the disk.</summary>
internal sealed class NdjsonFile : IAsyncDisposable
{
    /// <summary>The suffix of the file's name until it is complete.</summary>
    public const string PartSuffix = ".part";

    private const int BufferBytes = 256 * 1024;

    private readonly string _path;
    private readonly FileStream _stream;
    private byte[] _line = new byte[4096];
    private bool _isComplete;

    public NdjsonFile(string path)
    {
        _path = path;
        _stream = new FileStream(
            path + PartSuffix,
            FileMode.Create,
            FileAccess.Write,
            FileShare.Read,
            BufferBytes,
            FileOptions.Asynchronous | FileOptions.SequentialScan
        );
    }

    public long Lines { get; private set; }

    /// <summary>Writes a JSON text as one line: its line breaks, which JSON allows only between tokens, become spaces.</summary>
    public async ValueTask WriteAsync(string json, CancellationToken cancellationToken)
    {
        var needed = Encoding.UTF8.GetMaxByteCount(json.Length) + 1;
        if (_line.Length < needed)
            _line = new byte[needed];
        var length = Encoding.UTF8.GetBytes(json, _line);
        _line.AsSpan(0, length).ReplaceAny(LineBreaks, (byte)' ');
        _line[length] = (byte)'\n';
        await _stream.WriteAsync(_line.AsMemory(0, length + 1), cancellationToken);
        Lines++;
    }

    /// <summary>Flushes the file to the disk and gives it its name.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _stream.FlushAsync(cancellationToken);
        _stream.Flush(flushToDisk: true);
        await _stream.DisposeAsync();
        File.Move(_path + PartSuffix, _path, overwrite: true);
        _isComplete = true;
    }

    /// <summary>Removes a file that is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isComplete)
            return;
        try
        {
            await _stream.DisposeAsync();
        }
        finally
        {
            File.Delete(_path + PartSuffix);
        }
    }

    private static readonly System.Buffers.SearchValues<byte> LineBreaks = System.Buffers.SearchValues.Create("\r\n"u8);
}
