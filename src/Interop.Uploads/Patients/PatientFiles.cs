using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Interop.Uploads.Formats;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Patients;

/// <summary>CSV files of patients for a FHIR server.</summary>
internal sealed class PatientFiles(
    MappingProfiles profiles,
    ITerminology terminology,
    UploadTarget target,
    IOptions<UploadOptions> options,
    TimeProvider time
) : IFileKind
{
    public FileKind Kind => FileKind.Fhir;

    public bool ErasesData => true;

    public FileFormat Format(string? profile) => profiles.Find(profile);

    public IRowSubmitter Submitter(string? profile) =>
        new PatientSubmitter(profiles.Find(profile), terminology, target, options.Value.Parallelism, time);

    public string? RecordKey(string[] fields) => null;

    public async Task<PreviewRow> PreviewAsync(FileFormat format, long line, string[] fields, CancellationToken cancellationToken)
    {
        var patients = (PatientFormat)format;
        if (patients.Map(fields, out var problem) is not { } row)
            return new PreviewRow(line, problem, null, format.Preview(fields, null));
        try
        {
            var terms = await patients.FindTermsAsync(row, terminology, cancellationToken);
            var bundle = new PatientResources(patients.Profile, row, terms, time.GetUtcNow()).Transaction();
            var mapped = patients.Describe(row, terms);
            return new PreviewRow(line, null, new JsonText(Encoding.UTF8.GetString(bundle)), format.Preview(fields, mapped));
        }
        catch (TerminologyUnavailableException e)
        {
            return new PreviewRow(line, e.Message, null, format.Preview(fields, null));
        }
    }
}

/// <summary>Writes rows to the FHIR server.</summary>
internal sealed class PatientSubmitter(
    PatientFormat format,
    ITerminology terminology,
    UploadTarget target,
    int parallelism,
    TimeProvider time
) : IRowSubmitter
{
    private readonly PatientWriter _writer = new(target);

    public string? NotConfigured => target.IsConfigured ? null : "FHIR_TARGET_URL is not set, and there is no source 'default'";

    public int Parallelism => parallelism;

    public Task PrepareAsync(CancellationToken cancellationToken) => _writer.PrepareAsync(cancellationToken);

    // Rows of one patient go one after the other, so that they do not conflict on the server.
    public IEnumerable<RowGroup> Group(IReadOnlyList<FileRow> rows) =>
        from row in rows
        group row by format.Map(row.Fields, out _)?.Identifier ?? row.Line.ToString(CultureInfo.InvariantCulture) into patient
        select new RowGroup(_writer.Mode == WriteMode.SearchFirst ? LockKey(patient.Key) : null, [.. patient]);

    public async Task<IReadOnlyList<RowOutcome>> SubmitAsync(RowGroup group, CancellationToken cancellationToken)
    {
        var outcomes = new List<RowOutcome>(group.Rows.Count);
        foreach (var row in group.Rows)
            outcomes.Add(await SubmitAsync(row, group.LockKey is not null, cancellationToken));
        return outcomes;
    }

    private async Task<RowOutcome> SubmitAsync(FileRow row, bool isLocked, CancellationToken cancellationToken)
    {
        if (format.Map(row.Fields, out var problem) is not { } mapped)
            return RowOutcome.Refused(problem!);
        IReadOnlyList<(string Term, CodedTerm? Code)> terms;
        try
        {
            terms = await format.FindTermsAsync(mapped, terminology, cancellationToken);
        }
        catch (TerminologyUnavailableException e)
        {
            return RowOutcome.Unavailable(e.Message);
        }
        var outcome = await _writer.WriteAsync(
            new PatientResources(format.Profile, mapped, terms, time.GetUtcNow()),
            isLocked,
            cancellationToken
        );
        return outcome with { UnknownTerms = [.. terms.Where(term => term.Code is null).Select(term => term.Term)] };
    }

    private string LockKey(string identifier) =>
        $"fhir/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{format.Profile.Identifier.System}|{identifier}")))}";
}
