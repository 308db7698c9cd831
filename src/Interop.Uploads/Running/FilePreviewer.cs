using System.Collections.Immutable;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Running;

/// <summary>Maps the first rows of a file without storing anything.</summary>
internal sealed class FilePreviewer(IEnumerable<IFileKind> kinds)
{
    private const int MostRows = 20;

    private readonly Dictionary<FileKind, IFileKind> _kinds = kinds.ToDictionary(kind => kind.Kind);

    public async Task<FilePreview> RunAsync(
        FileKind kind,
        ReadOnlyMemory<byte> beginning,
        string? profile,
        CancellationToken cancellationToken
    )
    {
        var rows = ImmutableArray.CreateBuilder<PreviewRow>();
        try
        {
            var format = _kinds[kind].Format(profile);
            using var reader = await CsvRowReader.OpenAsync(new MemoryStream(beginning.ToArray()), cancellationToken);
            var positions = format.Locate(reader.Header);
            while (rows.Count < MostRows && await reader.ReadAsync(cancellationToken))
            {
                var fields = reader.FieldsAt(positions);
                rows.Add(
                    reader.WidthProblem is { } problem
                        ? new PreviewRow(reader.Line, problem, null, format.Preview(fields, null))
                        : await _kinds[kind].PreviewAsync(format, reader.Line, fields, cancellationToken)
                );
            }
            return rows.Count > 0
                ? new FilePreview(null, rows.ToImmutable())
                : new FilePreview(new FileRefusal(FileRefusalReason.HeaderOnly, "the file has a header and no rows", 1), []);
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
}
