using System.Buffers;
using System.IO.Pipelines;
using CsvHelper;

namespace Interop.Fhir.Views.Rows;

/// <summary>
/// Rows as CSV (RFC 4180: commas, CRLF, quotes where a cell needs them), after a header with the columns' names. Null is an empty cell,
/// a boolean true or false, a decimal its digits, a collection or an object JSON; no cell begins a formula (<see cref="CsvCell"/>).
/// </summary>
public sealed class CsvRowWriter : ViewRowWriter
{
    private const int OnStack = 256;

    // The library quotes an empty cell in a table with a single column, because an empty line would not be a row.
    private static readonly CsvWriterOptions Options = CsvWriterOptions.Default with { TrueValue = "true", FalseValue = "false" };

    private readonly CsvWriter _csv;

    /// <param name="columns">The names of the columns, written at once as the header.</param>
    /// <param name="output">Where the lines go; stays the caller's.</param>
    /// <param name="withHeader">false: the rows continue others.</param>
    public CsvRowWriter(IEnumerable<string> columns, PipeWriter output, bool withHeader = true)
        : base(output)
    {
        _csv = CsvWriter.Create(new IntoPipe(output), Options);
        if (!withHeader)
            return;
        foreach (var name in columns)
            _csv.WriteField(name);
        _csv.EndRecord();
    }

    /// <inheritdoc/>
    public override string MediaType => "text/csv; charset=utf-8; header=present";

    /// <inheritdoc/>
    public override void BeginRow() { }

    /// <inheritdoc/>
    public override void Null() => _csv.WriteField(ReadOnlySpan<byte>.Empty);

    /// <inheritdoc/>
    public override void Boolean(bool value) => _csv.WriteField(value);

    /// <inheritdoc/>
    public override void Integer(long value) => _csv.WriteField(value);

    /// <inheritdoc/>
    public override void Numeric(ReadOnlySpan<byte> digits) => Text(digits);

    /// <inheritdoc/>
    public override void Text(ReadOnlySpan<byte> utf8)
    {
        if (!CsvCell.NeedsTextMark(utf8))
        {
            _csv.WriteField(utf8);
            return;
        }

        var length = utf8.Length + 1;
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        var marked = rented is null ? stackalloc byte[OnStack] : rented;
        marked[0] = CsvCell.TextMark;
        utf8.CopyTo(marked[1..]);
        _csv.WriteField(marked[..length]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public override void Json(ReadOnlySpan<byte> utf8) => Text(utf8);

    /// <inheritdoc/>
    public override void EndRow() => _csv.EndRecord();

    /// <inheritdoc/>
    public override void Dispose() => _csv.Dispose();

    private protected override void Gather() => _csv.Flush();

    /// <summary>CsvHelper writes to a stream; a pipe's own stream would block inside a row.</summary>
    private sealed class IntoPipe(PipeWriter pipe) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => pipe.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => pipe.Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // The pipe is flushed between rows.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
