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
    private readonly Dictionary<FileKind, IFileKind> _kinds = kinds.ToDictionary(kind => kind.Kind);

    /// <exception cref="UnknownProfileException">There is no such profile.</exception>
    public FileFormat Format(FileKind kind, string? profile) => _kinds[kind].Format(profile);

    public Task<FileIntake> BeginAsync(Guid fileId, FileRequest request, FileFormat format, CancellationToken cancellationToken) =>
        FileIntake.BeginAsync(database, time, fileId, request, format, options.Value.MaxMebibytes * 1024L * 1024, cancellationToken);

    public FileWorker Create(Guid fileId) => new(fileId, _kinds, database, options.Value, time, log);
}
