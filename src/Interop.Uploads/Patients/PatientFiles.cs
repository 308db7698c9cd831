using Interop.Uploads.Formats;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Patients;

/// <summary>CSV files of patients for a FHIR server.</summary>
internal sealed class PatientFiles(
    MappingProfiles profiles,
    ITerminology terminology,
    TransactionClient client,
    IOptions<UploadOptions> options,
    TimeProvider time
) : IFileKind
{
    public FileKind Kind => FileKind.Fhir;

    public bool ErasesData => true;

    public FileFormat Format(string? profile) => profiles.Find(profile);

    public IRowSubmitter Submitter(string? profile) =>
        new PatientSubmitter(profiles.Find(profile), terminology, client, options.Value.Parallelism, time);

    public string? RecordKey(string[] fields) => null;
}

/// <summary>One transaction per row.</summary>
internal sealed class PatientSubmitter(
    PatientFormat format,
    ITerminology terminology,
    TransactionClient client,
    int parallelism,
    TimeProvider time
) : IRowSubmitter
{
    public string? NotConfigured => client.IsConfigured ? null : "FHIR_TARGET_URL is not set, and there is no source 'default'";

    public int Parallelism => parallelism;

    // Rows of one patient go one after the other, so that they do not conflict on the server.
    public IEnumerable<IReadOnlyList<FileRow>> Group(IReadOnlyList<FileRow> rows) =>
        rows.GroupBy(row =>
                format.Map(row.Fields, out _)?.Identifier ?? row.Line.ToString(System.Globalization.CultureInfo.InvariantCulture)
            )
            .Select(group => group.ToArray());

    public async Task<IReadOnlyList<RowOutcome>> SubmitAsync(IReadOnlyList<FileRow> group, CancellationToken cancellationToken)
    {
        var outcomes = new List<RowOutcome>(group.Count);
        foreach (var row in group)
            outcomes.Add(await SubmitAsync(row, cancellationToken));
        return outcomes;
    }

    private async Task<RowOutcome> SubmitAsync(FileRow row, CancellationToken cancellationToken)
    {
        if (format.Map(row.Fields, out var problem) is not { } mapped)
            return RowOutcome.Refused(problem!);
        var terms = new List<(string Term, CodedTerm? Code)>(mapped.Terms.Count);
        foreach (var term in mapped.Terms)
            terms.Add((term, await terminology.FindAsync(term, cancellationToken)));
        // Two words for one code are one entry.
        var distinct = terms.DistinctBy(term => term.Code?.Code ?? Csv.ColumnName.Fold(term.Term)).ToArray();
        var outcome = await client.PostAsync(PatientBundle.Write(format.Profile, mapped, distinct, time.GetUtcNow()), cancellationToken);
        return outcome with { UnknownTerms = [.. distinct.Where(term => term.Code is null).Select(term => term.Term)] };
    }
}
