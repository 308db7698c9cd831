using Interop.Uploads.Formats;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Tm2;

/// <summary>TM2 files for OpenMRS.</summary>
internal sealed class Tm2Files(
    Tm2Mappings mappings,
    OpenMrsClient client,
    OpenMrsDirectory directory,
    IOptions<Tm2Options> options,
    TimeProvider time
) : IFileKind
{
    private readonly Tm2Format _format = new(time);

    public FileKind Kind => FileKind.Tm2;

    public bool ErasesData => false;

    public FileFormat Format(string? profile) => _format;

    public IRowSubmitter Submitter(string? profile) => new Tm2Submitter(_format, mappings, client, directory, options.Value.Parallelism);

    public string? RecordKey(string[] fields) => _format.Read(fields, out _)?.Hash;
}
