using Interop.Storage;
using Interop.Uploads.Formats;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Running;

/// <summary>Creates intakes and workers.</summary>
internal sealed class FileWorkers(
    IEnumerable<IFileKind> kinds,
    Database database,
    IOptions<UploadOptions> options,
    TimeProvider time,
    ILogger<FileWorker> log
)
{
    private const int MostFormBytes = 64 * 1024; // the other parts of the form, and its boundaries

    private readonly Dictionary<FileKind, IFileKind> _kinds = kinds.ToDictionary(kind => kind.Kind);

    private long MaxBytes => options.Value.MaxMebibytes * 1024L * 1024;

    /// <exception cref="UnknownProfileException">There is no such profile.</exception>
    public FileFormat Format(FileKind kind, string? profile) => _kinds[kind].Format(profile);

    /// <summary>Why a file is refused before its first byte; null when it is accepted.</summary>
    public FileRefusal? Refusal(FileRequest request) => request.Length > MaxBytes + MostFormBytes ? FileIntake.TooLarge(MaxBytes) : null;

    public Task<FileIntake> BeginAsync(Guid fileId, FileRequest request, FileFormat format, CancellationToken cancellationToken) =>
        FileIntake.BeginAsync(database, time, fileId, request, format, MaxBytes, cancellationToken);

    public FileWorker Create(Guid fileId) => new(fileId, _kinds, database, options.Value, time, log);
}
