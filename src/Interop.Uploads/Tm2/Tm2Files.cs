using System.Globalization;
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

    public Task<PreviewRow> PreviewAsync(FileFormat format, long line, string[] fields, CancellationToken cancellationToken)
    {
        if (_format.Read(fields, out var problem) is not { } record)
            return Task.FromResult(new PreviewRow(line, problem, null, format.Preview(fields, null)));
        string[] mapped =
        [
            record.PatientId,
            mappings.Find(record.Code) is { } mapping ? $"{mapping.Icd11} {mapping.Title}" : $"{record.Code} (no mapping)",
            record.ConditionName,
            record.SystemType,
            record.Severity,
            record.DiagnosisDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            record.PractitionerId,
        ];
        return Task.FromResult(new PreviewRow(line, null, null, format.Preview(fields, mapped)));
    }

    public string? RecordKey(string[] fields) => _format.Read(fields, out _)?.Hash;
}
