using Interop.Uploads;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Interop.Api.Uploads;

/// <summary>The result of receiving a file.</summary>
internal enum ReceiveProblem
{
    None,

    /// <summary>The request has no part of the name.</summary>
    NoPart,

    /// <summary>The part has no file name: no file was selected.</summary>
    NoFile,

    /// <summary>The file's name has another ending.</summary>
    WrongType,

    /// <summary>The file was sent and refused.</summary>
    Refused,
}

/// <summary>A received file.</summary>
internal sealed record ReceivedFile(ReceiveProblem Problem, Guid FileId, string Filename, FileRefusal? Refusal);

/// <summary>Streams the file of a multipart form to its grain, in pieces, never wholly in memory.</summary>
internal static class FileReceiver
{
    private const int ChunkBytes = 512 * 1024;
    private const int MostBoundary = 200;

    public static async Task<ReceivedFile> ReceiveAsync(
        HttpContext http,
        IGrainFactory grains,
        FileKind kind,
        string? profile,
        string? ending,
        CancellationToken cancellationToken
    )
    {
        if (await FindPartAsync(http, cancellationToken) is not { } part)
            return new ReceivedFile(ReceiveProblem.NoPart, default, "", null);
        var filename = Path.GetFileName(
            HeaderUtilities
                .RemoveQuotes(part.Disposition.FileNameStar.HasValue ? part.Disposition.FileNameStar : part.Disposition.FileName)
                .ToString()
        );
        if (filename.Length == 0)
            return new ReceivedFile(ReceiveProblem.NoFile, default, "", null);
        if (ending is not null && !filename.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            return new ReceivedFile(ReceiveProblem.WrongType, default, filename, null);
        filename = new string([.. filename.Where(letter => !char.IsControl(letter)).Take(200)]);

        var fileId = Guid.NewGuid();
        var file = grains.GetGrain<IFileGrain>(fileId);
        var refusal = await file.Begin(new FileRequest(kind, filename, profile, http.Request.ContentLength));
        if (refusal is null)
        {
            try
            {
                await SendAsync(part.Body, file, cancellationToken);
            }
            catch
            {
                await file.Abort();
                throw;
            }
            refusal = await file.Complete();
        }
        return new ReceivedFile(refusal is null ? ReceiveProblem.None : ReceiveProblem.Refused, fileId, filename, refusal);
    }

    /// <summary>The part named <c>file</c> at its first byte; null when there is none.</summary>
    public static async Task<FilePart?> FindPartAsync(HttpContext http, CancellationToken cancellationToken)
    {
        // The limit of a file is the silo's setting, and it is counted there.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (
            !MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MostBoundary } boundary
        )
            return null;
        var reader = new MultipartReader(boundary.ToString(), http.Request.Body);
        while (await ReadSectionAsync(reader, cancellationToken) is { } section)
        {
            if (
                ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                && HeaderUtilities.RemoveQuotes(disposition.Name) == "file"
            )
                return new FilePart(disposition, section.Body);
        }
        return null;
    }

    private static async Task<MultipartSection?> ReadSectionAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null; // the body ends before its last boundary
        }
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

/// <summary>A part of a multipart form.</summary>
internal sealed record FilePart(ContentDispositionHeaderValue Disposition, Stream Body);
