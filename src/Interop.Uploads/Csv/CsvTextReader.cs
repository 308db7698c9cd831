using System.Text;

namespace Interop.Uploads.Csv;

/// <summary>
/// Text of a stream that is UTF-8 (with or without byte order mark) or Windows-1252. The first byte above 127 decides: if it begins a valid
/// UTF-8 sequence, the file is UTF-8, and an invalid sequence later is an error. Refuses NUL characters, which UTF-16 files and ZIP
/// archives have.
/// </summary>
internal sealed class CsvTextReader(Stream stream) : TextReader
{
    private const int BufferBytes = 64 * 1024;
    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(
        1252,
        EncoderFallback.ExceptionFallback,
        DecoderFallback.ExceptionFallback
    )!;

    private readonly byte[] _bytes = new byte[BufferBytes];
    private readonly char[] _characters = new char[BufferBytes + 16];
    private int _byteCount;
    private int _next;
    private int _count;
    private long _line = 1;
    private bool _isStarted;
    private bool _isEnded;
    private Decoder? _decoder;

    public override int Peek() => throw new NotSupportedException();

    public override int Read(char[] buffer, int index, int count) => throw new NotSupportedException("The reader is asynchronous only.");

    public override async Task<int> ReadAsync(char[] buffer, int index, int count) => await ReadAsync(buffer.AsMemory(index, count));

    public override async ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
    {
        while (_next == _count)
        {
            if (_isEnded)
                return 0;
            await FillAsync(cancellationToken);
        }
        var taken = Math.Min(buffer.Length, _count - _next);
        _characters.AsMemory(_next, taken).CopyTo(buffer);
        _next += taken;
        return taken;
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        var read = await stream.ReadAtLeastAsync(
            _bytes.AsMemory(_byteCount),
            Math.Min(4096, _bytes.Length - _byteCount),
            throwOnEndOfStream: false,
            cancellationToken
        );
        _byteCount += read;
        _isEnded = read == 0 || _byteCount < 4096;
        var bytes = _bytes.AsSpan(0, _byteCount);
        if (!_isStarted)
        {
            _isStarted = true;
            if (bytes is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
                throw new CsvException(FileRefusalReason.Encoding, "the file is UTF-16; save it as UTF-8", 1);
            if (bytes is [0xEF, 0xBB, 0xBF, ..])
            {
                bytes = bytes[3..];
                _decoder = Utf8.GetDecoder();
            }
        }
        var ascii = _decoder is null ? AsciiPrefix(bytes) : 0;
        if (_decoder is null && ascii < bytes.Length)
            _decoder = (IsUtf8(bytes[ascii..]) ? Utf8 : Windows1252).GetDecoder();
        Decode(bytes);
        _byteCount = 0;
    }

    private void Decode(ReadOnlySpan<byte> bytes)
    {
        _next = 0;
        try
        {
            _count = (_decoder ?? Utf8.GetDecoder()).GetChars(bytes, _characters, flush: _isEnded);
        }
        catch (DecoderFallbackException)
        {
            throw new CsvException(
                FileRefusalReason.Encoding,
                "the file is neither UTF-8 nor Windows-1252",
                _line + bytes.Count((byte)'\n')
            );
        }
        var text = _characters.AsSpan(0, _count);
        if (text.IndexOf('\0') is var nul && nul >= 0)
            throw new CsvException(
                FileRefusalReason.Encoding,
                "the file has a NUL character; it is not a text file",
                _line + text[..nul].Count('\n')
            );
        _line += text.Count('\n');
    }

    private static int AsciiPrefix(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOfAnyExceptInRange((byte)0, (byte)127) is var at && at >= 0 ? at : bytes.Length;

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) =>
        Rune.DecodeFromUtf8(bytes, out _, out _) is System.Buffers.OperationStatus.Done or System.Buffers.OperationStatus.NeedMoreData;
}
