using System.Globalization;
using System.Text;
using CsvHelper;
using Interop.Storage;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;
using Interop.Uploads.Storing;

namespace Interop.Uploads.Running;

/// <summary>
/// The failed and invalid rows of a file as CSV: the file's columns, then the line, the state and the reason. The additional columns are
/// ignored when the corrected file is sent again.
/// </summary>
internal sealed class FailureReport(IEnumerable<IFileKind> kinds, Database database)
{
    private const int MostBytes = 1024 * 1024;
    private static readonly string[] Additional = ["line", "state", "reason"];

    private readonly Dictionary<FileKind, IFileKind> _kinds = kinds.ToDictionary(kind => kind.Kind);

    /// <summary>The rows after a line; null when there is no such file.</summary>
    public Task<FailedRows?> ReadAsync(Guid fileId, long afterLine, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
                await FileStore.FindAsync(session, fileId, token) is { } file
                    ? await ReadAsync(session, fileId, Columns(file), afterLine, token)
                    : null,
            cancellationToken
        );

    private static async Task<FailedRows> ReadAsync(
        DbSession session,
        Guid fileId,
        IReadOnlyList<string> columns,
        long afterLine,
        CancellationToken cancellationToken
    )
    {
        using var bytes = new MemoryStream();
        using var csv = CsvWriter.Create(bytes, CsvWriterOptions.Default);
        if (afterLine == 0)
            Write(csv, columns.Concat(Additional));
        await foreach (var row in RowStore.ReadFailuresAsync(session, fileId, afterLine, cancellationToken))
        {
            string[] additional = [row.Line.ToString(CultureInfo.InvariantCulture), row.Status, row.Error ?? ""];
            Write(csv, row.Fields.Select(FormulaGuard.Protect).Concat(additional));
            csv.Flush();
            if (bytes.Length >= MostBytes)
                return new FailedRows(Text(bytes), row.Line);
        }

        csv.Flush();
        return new FailedRows(Text(bytes), null);
    }

    /// <summary>The names of the columns. A profile that was removed since has none any more.</summary>
    private IReadOnlyList<string> Columns(FileRecord file)
    {
        try
        {
            return [.. _kinds[file.FileKind].Format(file.Profile).Columns.Select(column => column.Name)];
        }
        catch (UnknownProfileException)
        {
            return ["fields"];
        }
    }

    private static void Write(CsvWriter csv, IEnumerable<string> cells)
    {
        foreach (var cell in cells)
            csv.WriteField(cell);
        csv.EndRecord();
    }

    private static string Text(MemoryStream bytes) => Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
}
