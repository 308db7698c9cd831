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
                rows.Add(
                    format.Map(fields, out var problem) is { } mapped
                        ? new PreviewRow(reader.Line, null, new JsonText(await BundleAsync(format, mapped, cancellationToken)))
                        : new PreviewRow(reader.Line, problem, null)
                );
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

    private async Task<string> BundleAsync(PatientFormat format, PatientRow row, CancellationToken cancellationToken)
    {
        var terms = new List<(string, CodedTerm?)>();
        foreach (var term in row.Terms)
            terms.Add((term, await terminology.FindAsync(term, cancellationToken)));
        return Encoding.UTF8.GetString(PatientBundle.Write(format.Profile, row, terms, time.GetUtcNow()));
    }
}
