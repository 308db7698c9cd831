using CsvHelper;

namespace Interop.Uploads.Csv;

/// <summary>Reads rows one by one. The first row is the header; the separator is found from the first lines.</summary>
internal sealed class CsvRowReader : IDisposable
{
    private readonly CsvReader _reader;
    private long? _unclosedQuote;

    private CsvRowReader(Stream stream) =>
        _reader = CsvReader.Create(
            new CsvTextReader(stream),
            new CsvReaderOptions
            {
                TrackLineNumbers = true,
                MaxRecordSize = CsvLimits.MostRowBytes,
                IncludeValuesInExceptions = false,
                OnMalformedRecord = record =>
                {
                    if (record.Reason == CsvMalformedReason.UnterminatedQuote)
                        _unclosedQuote = record.LineNumber;
                },
            }
        );

    /// <summary>The names of the columns, trimmed.</summary>
    public string[] Header { get; private set; } = [];

    /// <summary>The fields of the current row.</summary>
    public string[] Fields { get; private set; } = [];

    /// <summary>The line on which the current row begins; the header is line 1.</summary>
    public long Line => _reader.LineNumber;

    /// <summary>What is wrong with the number of fields of the current row; null when it fits the header. Spreadsheets leave out empty
    /// fields at the end of a row, or add some.</summary>
    public string? WidthProblem =>
        Fields.Length <= Header.Length || Fields.AsSpan(Header.Length).IndexOfAnyExcept("") < 0
            ? null
            : $"the row has {Fields.Length} fields and the header {Header.Length}";

    /// <summary>The trimmed fields at these positions; an empty text for a position that the row does not have.</summary>
    public string[] FieldsAt(int[] positions) => Array.ConvertAll(positions, at => at >= 0 && at < Fields.Length ? Fields[at].Trim() : "");

    /// <exception cref="CsvException">There is no header, or the file is not CSV.</exception>
    public static async Task<CsvRowReader> OpenAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = new CsvRowReader(stream);
        try
        {
            await reader.ReadHeaderAsync(cancellationToken);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Moves to the next row. False at the end.</summary>
    /// <exception cref="CsvException">The row is not CSV; the line is that on which it begins.</exception>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await GuardAsync(() => _reader.ReadAsync(cancellationToken).AsTask());
        if (_unclosedQuote is { } line)
            throw new CsvException(FileRefusalReason.Parse, "a quote is not closed", line);
        if (found)
            Fields = _reader.Current.ToArray();
        return found;
    }

    public void Dispose() => _reader.Dispose();

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        await GuardAsync(async () =>
        {
            await _reader.ReadHeaderAsync(cancellationToken);
            return true;
        });
        if (_unclosedQuote is { } line)
            throw new CsvException(FileRefusalReason.Parse, "a quote is not closed", line);
        Header = [.. _reader.Headers.ToArray().Select(name => name.Trim())];
        if (Header.All(name => name.Length == 0))
            throw new CsvException(FileRefusalReason.Empty, "the file is empty", 1);
        if (Header.Length > CsvLimits.MostColumns)
            throw new CsvException(
                FileRefusalReason.Parse,
                $"the file has {Header.Length} columns; at most {CsvLimits.MostColumns} are read",
                1
            );
        if (Header.Where(name => name.Length > 0).GroupBy(ColumnName.Fold).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new CsvException(FileRefusalReason.Parse, $"the column {twice.First()} occurs twice", 1);
    }

    private static async Task<bool> GuardAsync(Func<Task<bool>> read)
    {
        try
        {
            return await read();
        }
        catch (CsvFormatException e)
        {
            throw new CsvException(
                FileRefusalReason.Parse,
                $"a row has more than {CsvLimits.MostRowBytes / 1024} KiB, or its quotes are wrong",
                Math.Max(1, e.LineNumber)
            );
        }
    }
}
