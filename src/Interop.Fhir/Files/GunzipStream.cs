using System.IO.Compression;
using Interop.Fhir.Streams;

namespace Interop.Fhir.Files;

/// <summary>
/// Decompresses gzip. It refuses truncated data, and data that expands far more than text does: a small file must not keep a reader busy
/// for hours.
/// </summary>
public sealed class GunzipStream : ForwardStream
{
    /// <summary>Smaller texts are never refused.</summary>
    private const long HarmlessBytes = 256L * 1024 * 1024;

    /// <summary>NDJSON of FHIR resources expands to about 10 to 60 times its size; gzip's limit is 1,032.</summary>
    private const long MaxRatio = 250;

    private readonly CountingStream _compressed;
    private readonly GZipStream _gzip;
    private long _expanded;

    /// <param name="compressed">Disposed with this stream.</param>
    public GunzipStream(Stream compressed)
    {
        _compressed = new CountingStream(compressed);
        _gzip = new GZipStream(_compressed, CompressionMode.Decompress);
    }

    /// <summary>The text of a stream: one that begins as gzip does is expanded, any other is returned as it is.</summary>
    public static async Task<Stream> ExpandAsync(Stream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var start = new byte[2];
        var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        var whole = new PrefixedStream(start.AsMemory(0, read), stream);
        return start is [0x1F, 0x8B] ? new GunzipStream(whole) : whole;
    }

    /// <inheritdoc/>
    public override long Position
    {
        get => _expanded;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Check(_gzip.Read(buffer, offset, count), count);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Check(await _gzip.ReadAsync(buffer, cancellationToken), buffer.Length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
        base.Dispose(disposing);
    }

    private int Check(int read, int wanted)
    {
        if (read == 0 && wanted > 0)
            CheckEnd();
        _expanded += read;
        return _expanded > HarmlessBytes && _expanded > _compressed.Count * MaxRatio
            ? throw new InvalidDataException(
                $"it expands to more than {MaxRatio} times its size ({_expanded:N0} bytes from {_compressed.Count:N0}): not read further"
            )
            : read;
    }

    /// <summary>
    /// .NET does not report truncated data: it treats its end as the end of the text. The last four bytes of gzip are the length of the
    /// text (RFC 1952, ISIZE); in a file of several members the length of the last member's text. Other bytes there show that the data was
    /// cut.
    /// </summary>
    private void CheckEnd()
    {
        if (_compressed.Count == 0)
            throw new InvalidDataException("it is empty, not gzip");
        if (_compressed.LastFourBytes != (uint)_expanded && _compressed.LastFourBytes > _expanded)
            throw new InvalidDataException($"its gzip data ends early, after {_expanded:N0} bytes of text");
    }

    /// <summary>Counts what is read, and keeps the last four bytes.</summary>
    private sealed class CountingStream(Stream inner) : ForwardStream
    {
        public long Count { get; private set; }

        /// <summary>As a number, the lowest byte first.</summary>
        public uint LastFourBytes { get; private set; }

        public override int Read(byte[] buffer, int offset, int count) =>
            Note(buffer.AsSpan(offset, count), inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            return Note(buffer.Span, read);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }

        private int Note(ReadOnlySpan<byte> buffer, int read)
        {
            foreach (var value in buffer[Math.Max(0, read - 4)..read])
                LastFourBytes = (LastFourBytes >> 8) | ((uint)value << 24);
            Count += read;
            return read;
        }
    }
}
