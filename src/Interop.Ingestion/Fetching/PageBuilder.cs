using System.Buffers;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>Collects resources from a stream into a page with a buffer of its own. A page may be built once.</summary>
internal sealed class PageBuilder : IDisposable
{
    private const int FirstBytes = 256 * 1024;

    /// <summary>A page of large resources ends early, so that the memory of a run stays constant.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    private readonly record struct Piece(
        int Offset,
        int Length,
        ResourceHeader Header,
        EntryKind Kind,
        string? Problem,
        ResourcePlace? Place
    );

    private readonly List<Piece> _pieces = [];
    private byte[]? _buffer;
    private int _length;

    public int Count => _pieces.Count;

    public bool IsFull(int pageSize) => _pieces.Count >= pageSize || _length >= MostBytes;

    /// <summary>Adds a copy of a resource.</summary>
    public void Add(ReadOnlySpan<byte> raw, in ResourceHeader header, EntryKind kind, string? problem, ResourcePlace? place)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(FirstBytes);
        if (_buffer.Length - _length < raw.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + raw.Length, _buffer.Length * 2));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        raw.CopyTo(_buffer.AsSpan(_length));
        _pieces.Add(new Piece(_length, raw.Length, header, kind, problem, place));
        _length += raw.Length;
    }

    /// <summary>The page; it owns the buffer from now on.</summary>
    public IncomingPage Build(PagePosition position, IReadOnlyList<string> warnings)
    {
        var buffer = _buffer;
        var resources = _pieces.ConvertAll(p => new IncomingResource(
            buffer.AsMemory(p.Offset, p.Length),
            p.Header,
            p.Kind,
            p.Problem,
            Place: p.Place
        ));
        _buffer = null;
        return new IncomingPage(resources, buffer is null ? null : new Rented(buffer)) { Position = position, Warnings = warnings };
    }

    /// <summary>Frees the buffer of a page that was not built.</summary>
    public void Dispose()
    {
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
    }

    private sealed class Rented(byte[] buffer) : IDisposable
    {
        private byte[]? _buffer = buffer;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } rented)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
