namespace Interop.Sandbox.Fhir;

/// <summary>Append-only bytes in large chunks. A stored resource has no object of its own, so the garbage collector has nothing to
/// traverse.</summary>
internal sealed class ByteArena
{
    private const int ChunkBytes = 4 * 1024 * 1024;
    private readonly List<byte[]> _chunks = [];
    private readonly Lock _gate = new();
    private int _used = ChunkBytes;

    /// <summary>Stores the bytes and returns their position.</summary>
    public long Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_chunks.Count == 0 || _chunks[^1].Length - _used < bytes.Length)
            {
                _chunks.Add(new byte[Math.Max(ChunkBytes, bytes.Length)]);
                _used = 0;
            }
            bytes.CopyTo(_chunks[^1].AsSpan(_used));
            var position = ((long)(_chunks.Count - 1) << 32) | (uint)_used;
            _used += bytes.Length;
            return position;
        }
    }

    public ReadOnlySpan<byte> Read(long position, int length)
    {
        byte[] chunk;
        lock (_gate)
            chunk = _chunks[(int)(position >> 32)];
        return chunk.AsSpan((int)(position & 0xFFFFFFFF), length);
    }
}
