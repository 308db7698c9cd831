using System.Buffers;

namespace Interop.Fhir.Client;

/// <summary>A response body in one array, rented unless it is large. Disposing gives the array back; slices of <see cref="Memory"/> die
/// with it.</summary>
public sealed class PooledBytes : IDisposable
{
    private const int FirstBytes = 64 * 1024;
    private const int PartBytes = 1024 * 1024;

    /// <summary>Longer bodies are collected in parts and copied once, at their end: an array that doubles takes three times the limit
    /// until a body that is too long is refused, and the pool would keep it.</summary>
    private const int LargestPooled = 16 * 1024 * 1024;

    private readonly bool _isPooled;
    private byte[]? _array;

    private PooledBytes(byte[] array, int length, bool isPooled = true)
    {
        (_array, _isPooled) = (array, isPooled);
        Length = length;
    }

    /// <summary>Bytes read.</summary>
    public int Length { get; }

    /// <summary>The bytes, valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory => new(_array ?? throw new ObjectDisposedException(nameof(PooledBytes)), 0, Length);

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">What to read.</param>
    /// <param name="expectedBytes">A first guess at the size; 0 when unknown.</param>
    /// <param name="limitBytes">What is longer is refused.</param>
    /// <param name="idle">How long one read may bring nothing.</param>
    /// <param name="time">The clock for <paramref name="idle"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ResponseTooLargeException">More than <paramref name="limitBytes"/>.</exception>
    /// <exception cref="TimeoutException">Nothing came for <paramref name="idle"/>.</exception>
    public static async Task<PooledBytes> ReadAsync(
        Stream stream,
        long expectedBytes,
        int limitBytes,
        TimeSpan idle,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expectedBytes + 1, FirstBytes, LargestPooled));
        var length = 0;
        List<byte[]>? parts = null; // what no longer fits into the first array
        var total = 0L;
        try
        {
            using var idleTimeout = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(idleTimeout.Token, cancellationToken);
            while (true)
            {
                idleTimeout.CancelAfter(idle);
                var read = await stream.ReadAsync(array.AsMemory(length), either.Token).ConfigureAwait(false);
                if (read == 0)
                    return parts is null ? new PooledBytes(array, length) : Join(parts, array, length);

                length += read;
                total += read;
                if (total > limitBytes)
                    throw new ResponseTooLargeException(limitBytes);
                if (length < array.Length)
                    continue;
                if (parts is null && length < LargestPooled)
                {
                    array = Grow(array, length);
                    continue;
                }

                (parts ??= []).Add(array);
                (array, length) = (ArrayPool<byte>.Shared.Rent(PartBytes), 0);
            }
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(array);
            foreach (var part in parts ?? [])
                ArrayPool<byte>.Shared.Return(part);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new TimeoutException($"no byte came for {idle.TotalSeconds:0} s");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array && _isPooled)
            ArrayPool<byte>.Shared.Return(array);
    }

    /// <summary>One array of all parts, which go back to the pool.</summary>
    private static PooledBytes Join(List<byte[]> parts, byte[] last, int lastLength)
    {
        var joined = GC.AllocateUninitializedArray<byte>(parts.Sum(part => part.Length) + lastLength);
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
            ArrayPool<byte>.Shared.Return(part);
        }

        last.AsSpan(0, lastLength).CopyTo(joined.AsSpan(at));
        ArrayPool<byte>.Shared.Return(last);
        return new PooledBytes(joined, at + lastLength, isPooled: false);
    }

    private static byte[] Grow(byte[] full, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        full.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}

/// <summary>A server's answer is longer than the settings allow.</summary>
public sealed class ResponseTooLargeException(int limitBytes)
    : Exception($"the answer is larger than {limitBytes / (1024 * 1024)} MiB (MaxResponseBytes)");
