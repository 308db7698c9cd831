using System.Buffers;

namespace Interop.Fhir.Client;

/// <summary>A response body in a rented array. Disposing gives the array back; slices of <see cref="Memory"/> die with it.</summary>
public sealed class PooledBytes : IDisposable
{
    private byte[]? _array;

    private PooledBytes(byte[] array, int length)
    {
        _array = array;
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
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expectedBytes + 1, 64 * 1024, limitBytes + 1L));
        var length = 0;
        try
        {
            using var idleTimeout = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(idleTimeout.Token, cancellationToken);
            while (true)
            {
                idleTimeout.CancelAfter(idle);
                var read = await stream.ReadAsync(array.AsMemory(length), either.Token).ConfigureAwait(false);
                if (read == 0)
                    return new PooledBytes(array, length);

                length += read;
                if (length > limitBytes)
                    throw new ResponseTooLargeException(limitBytes);
                if (length == array.Length)
                    array = Grow(array, length);
            }
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(array);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new TimeoutException($"no byte came for {idle.TotalSeconds:0} s");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
            ArrayPool<byte>.Shared.Return(array);
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
