namespace Interop.Uploads;

/// <summary>Sends a file to its grain in pieces, never wholly in memory.</summary>
public static class FileTransfer
{
    private const int ChunkBytes = 512 * 1024;

    /// <summary>Sends the file. When the stream fails, nothing of the file is stored.</summary>
    /// <param name="grains">Reaches the file's grain.</param>
    /// <param name="fileId">A new id.</param>
    /// <param name="request">The kind, the name and the mapping profile.</param>
    /// <param name="body">The bytes of the file.</param>
    /// <param name="cancellationToken">Ends the transfer; nothing of the file is stored.</param>
    /// <returns>Null when all rows are stored and their submission begins; else why the file is not taken.</returns>
    public static async Task<FileRefusal?> SendFileAsync(
        this IGrainFactory grains,
        Guid fileId,
        FileRequest request,
        Stream body,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentNullException.ThrowIfNull(body);
        var file = grains.GetGrain<IFileGrain>(fileId);
        if (await file.Begin(request) is { } refusal)
            return refusal;
        try
        {
            await SendAsync(body, file, cancellationToken);
        }
        catch
        {
            await file.Abort();
            throw;
        }

        return await file.Complete();
    }

    private static async Task SendAsync(Stream body, IFileGrain file, CancellationToken cancellationToken)
    {
        while (true)
        {
            // A new array each time: the bytes of a message do not change after the call.
            var chunk = new byte[ChunkBytes];
            var read = await body.ReadAtLeastAsync(chunk, ChunkBytes, throwOnEndOfStream: false, cancellationToken);
            if (read == 0 || !await file.Append(new FileChunk(chunk.AsMemory(0, read))) || read < ChunkBytes)
                return;
        }
    }
}
