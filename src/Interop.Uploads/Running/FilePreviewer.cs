using System.Collections.Immutable;
using System.Text;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Patients;

/// <summary>Maps the first rows of a file without storing anything.</summary>
internal sealed class FilePreviewer(MappingProfiles profiles, ITerminology terminology, TimeProvider time)
{
    private const int MostRows = 20;

    public async Task<FilePreview> RunAsync(ReadOnlyMemory<byte> beginning, string? profile, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<PreviewRow>();
        try
        {
            var format = profiles.Find(profile);
            using var reader = await CsvRowReader.OpenAsync(new MemoryStream(beginning.ToArray()), cancellationToken);
            var positions = format.Locate(reader.Header);
            while (rows.Count < MostRows && await reader.ReadAsync(cancellationToken))
            {
                var fields = positions.Select(at => at >= 0 && at < reader.Fields.Length ? reader.Fields[at].Trim() : "").ToArray();
                rows.Add(await MapAsync(format, reader.Line, fields, cancellationToken));
            }
            return new FilePreview(null, rows.ToImmutable());
        }
        catch (UnknownProfileException e)
        {
            return new FilePreview(new FileRefusal(FileRefusalReason.UnknownProfile, e.Message, null), []);
        }
        catch (CsvException e)
        {
            return new FilePreview(new FileRefusal(e.Reason, e.Message, e.Line), []);
        }
    }

    private async Task<PreviewRow> MapAsync(PatientFormat format, long line, string[] fields, CancellationToken cancellationToken)
    {
        if (format.Map(fields, out var problem) is not { } row)
            return new PreviewRow(line, problem, null);
        try
        {
            var terms = await format.FindTermsAsync(row, terminology, cancellationToken);
            var bundle = new PatientResources(format.Profile, row, terms, time.GetUtcNow()).Transaction();
            return new PreviewRow(line, null, new JsonText(Encoding.UTF8.GetString(bundle)));
        }
        catch (TerminologyUnavailableException e)
        {
            return new PreviewRow(line, e.Message, null);
        }
    }
}
