namespace Interop.Uploads;

/// <summary>
/// One uploaded file: takes its bytes, and drives the submission of its rows. The key is the file's id. The truth about the file is in the
/// database.
/// </summary>
[Alias("Interop.IFileGrain")]
public interface IFileGrain : IGrainWithGuidKey
{
    /// <summary>Registers the file. Returns a refusal when the request itself is wrong; else bytes may follow.</summary>
    [Alias("Begin")]
    Task<FileRefusal?> Begin(FileRequest request);

    /// <summary>Takes the next bytes, at most 1 MiB. False: the file is refused already; call <see cref="Complete"/> for the
    /// reason.</summary>
    [Alias("Append")]
    Task<bool> Append(FileChunk chunk);

    /// <summary>The end of the bytes. Null: all rows are stored, and their submission begins. Else nothing of the file is stored.</summary>
    [Alias("Complete")]
    Task<FileRefusal?> Complete();

    /// <summary>The sender cannot finish: nothing of the file is stored.</summary>
    [Alias("Abort")]
    Task Abort();

    /// <summary>Continues the submission after a restart. Harmless when it is under way or has ended.</summary>
    [Alias("Resume")]
    Task Resume();

    /// <summary>The state of the file; null when there is no such file.</summary>
    [Alias("Find")]
    Task<FileProgress?> Find();

    /// <summary>Submits failed and pending rows again; null when there is no such file.</summary>
    [Alias("Retry")]
    Task<FileProgress?> Retry();

    /// <summary>Ends the submission; what was submitted stays on the upstream. Null when there is no such file.</summary>
    [Alias("Cancel")]
    Task<FileProgress?> Cancel();

    /// <summary>The state as it changes, until the submission has ended.</summary>
    [Alias("Follow")]
    IAsyncEnumerable<FileProgress> Follow(CancellationToken cancellationToken = default);
}

/// <summary>Reads about uploaded files. All keys are equivalent.</summary>
[Alias("Interop.IFileQueryGrain")]
public interface IFileQueryGrain : IQueryGrain
{
    /// <summary>Rows in the order of their lines.</summary>
    /// <param name="status">Only rows of this status; null for all.</param>
    [Alias("ListRows")]
    Task<System.Collections.Immutable.ImmutableArray<RowState>> ListRows(Guid fileId, string? status, long afterLine, int limit);

    /// <summary>The newest files of both kinds, newest first.</summary>
    /// <param name="limit">At most 500.</param>
    [Alias("ListFiles")]
    Task<System.Collections.Immutable.ImmutableArray<FileProgress>> ListFiles(int limit);

    /// <summary>Totals over all files of a kind.</summary>
    [Alias("GetTotals")]
    Task<FileTotals> GetTotals(FileKind kind);

    /// <summary>Asks OpenMRS whether it answers.</summary>
    [Alias("GetOpenMrs")]
    Task<OpenMrsState> GetOpenMrs();

    /// <summary>The first rows of a file, mapped and checked; nothing is stored.</summary>
    /// <param name="beginning">The first bytes of the file, at most 256 KiB.</param>
    [Alias("Preview")]
    Task<FilePreview> Preview(FileKind kind, FileChunk beginning, string? profile);

    /// <summary>The next failed and invalid rows with their data, about 1 MiB; null when there is no such file. A file of these rows can be
    /// corrected and sent again.</summary>
    /// <param name="afterLine">0 for the first part, then <see cref="FailedRows.NextLine"/>.</param>
    [Alias("ReadFailures")]
    Task<FailedRows?> ReadFailures(Guid fileId, long afterLine);
}
