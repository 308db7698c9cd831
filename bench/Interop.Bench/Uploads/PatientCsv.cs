using System.Text;

namespace Interop.Bench.Uploads;

/// <summary>A CSV file of patients of any length that is made as it is read. Every row has the same number of bytes.</summary>
internal sealed class PatientCsv(int first, int rows) : Stream
{
    private const int RowsPerPiece = 500;
    private const string Header = "Patient number,Name,Gender,Date of birth,Phone,Country of birth,Notes\n";

    private ReadOnlyMemory<byte> _piece = Encoding.UTF8.GetBytes(Header);
    private int _next;

    public static int BytesPerRow { get; } = Line(0).Length;

    public int Rows => rows;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => Header.Length + (long)rows * BytesPerRow;

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The number of a patient, as in the file.</summary>
    public static string Number(int row) => $"N{row:D8}";

    public override int Read(Span<byte> buffer)
    {
        if (_piece.IsEmpty)
            Fill();
        var taken = Math.Min(buffer.Length, _piece.Length);
        _piece.Span[..taken].CopyTo(buffer);
        _piece = _piece[taken..];
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer.AsSpan(offset, count)));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static string Line(int row) =>
        $"{Number(row)},Ann Mary Lee{row:D8},F,19{row % 90 + 10:D2}-0{row % 9 + 1}-1{row % 9},+64 21 {row:D8},New Zealand,{(row % 4 == 0 ? "Diabetic" : "        ")}\n";

    private void Fill()
    {
        var text = new StringBuilder(RowsPerPiece * BytesPerRow);
        for (var i = 0; i < RowsPerPiece && _next < rows; i++)
            text.Append(Line(first + _next++));
        _piece = Encoding.UTF8.GetBytes(text.ToString());
    }
}
