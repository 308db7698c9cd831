using System.Collections.Immutable;
using System.Data.Common;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Fhir.Views.Rows;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>Reads the rows of views as text, and previews the rows that a definition gives for stored resources.</summary>
internal sealed class ViewReader(Database database, ViewCatalog catalog)
{
    private const int MaxPageBytes = 1024 * 1024;
    private const int MaxPageRows = 5000;
    private const int MaxTrialResources = 1000;
    private const int MaxTrialExamples = 5;

    private sealed record Position(string Source, string Id, long Index, long Written, string? SortValue = null);

    /// <summary>The next page of a view's rows; null when there is no such table.</summary>
    public Task<ViewRowsPage?> ReadAsync(
        string name,
        RowFormat format,
        long? limit,
        string? cursor,
        RowSelection? selection,
        CancellationToken cancellationToken
    ) => ReadAsync(name, format, limit, MaxPageRows, cursor, selection, cancellationToken);

    /// <summary>The next few rows as NDJSON; null when there is no such table.</summary>
    public Task<ViewRowsPage?> BrowseAsync(
        string name,
        int rows,
        string? cursor,
        RowSelection? selection,
        CancellationToken cancellationToken
    ) => ReadAsync(name, RowFormat.Ndjson, null, rows, cursor, selection, cancellationToken);

    private async Task<ViewRowsPage?> ReadAsync(
        string name,
        RowFormat format,
        long? limit,
        int pageRows,
        string? cursor,
        RowSelection? selection,
        CancellationToken cancellationToken
    )
    {
        if ((await catalog.RefreshAsync(cancellationToken)).Find(name)?.Active is not { } table)
            return null;
        RowRequest request;
        try
        {
            request = RowRequest.Of(table, selection);
        }
        catch (RowSelectionException e)
        {
            return new ViewRowsPage("", 0, null, RowRequest.Describe(table), e.Message);
        }

        var after = cursor is null ? null : JsonSerializer.Deserialize<Position>(cursor);
        var rows = (int)Math.Min(pageRows, (limit ?? long.MaxValue) - (after?.Written ?? 0));
        return await database.ReadAsync(
            (session, token) => ReadAsync(session, table, request, format, limit, after, rows, token),
            cancellationToken
        );
    }

    private static async Task<ViewRowsPage> ReadAsync(
        DbSession session,
        ViewTable table,
        RowRequest request,
        RowFormat format,
        long? limit,
        Position? after,
        int rows,
        CancellationToken cancellationToken
    )
    {
        List<Column> columns = [.. table.KeyColumns, .. table.Columns];
        using var bytes = new MemoryStream();
        var output = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        using var writer = Writer(format, columns.Select(c => c.Name), output, withHeader: after is null);
        Position? last = null;
        var count = 0;
        await ViewRowStore.ReadAsync(
            session,
            table,
            columns,
            request,
            after is null ? null : new RowPosition(after.Source, after.Id, after.Index, after.SortValue),
            rows,
            async reader =>
            {
                WriteRow(writer, columns, reader);
                await writer.FlushWhenFullAsync(cancellationToken);
                count++;
                last = new Position(
                    reader.GetString(0),
                    reader.GetString(1),
                    table.HasManyRows ? reader.GetInt64(2) : 0,
                    (after?.Written ?? 0) + count,
                    ViewRowStore.SortValue(reader, request.SortBy)
                );
                return bytes.Length < MaxPageBytes;
            },
            cancellationToken
        );
        await writer.FlushAsync(cancellationToken);
        var isEnd = last is null || last.Written >= limit || (count < rows && bytes.Length < MaxPageBytes);
        var next = isEnd ? null : JsonSerializer.Serialize(last);
        return new ViewRowsPage(Text(bytes), count, next, RowRequest.Describe(table), null);
    }

    /// <summary>The rows that a definition gives for the first stored resources of its type.</summary>
    public async Task<ViewPreview> PreviewAsync(CompiledView view, int limit, CancellationToken cancellationToken)
    {
        var stored = await database.ReadAsync(
            (session, token) => FirstAsync(session, view.Definition.Resource, limit, token),
            cancellationToken
        );
        using var bytes = new MemoryStream();
        var output = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        using var writer = new NdjsonRowWriter(view.Columns.Select(c => c.Name), output);
        var held = new HeldRows();
        var failures = ImmutableArray.CreateBuilder<ViewFailure>();
        foreach (var resource in stored)
        {
            using var document = JsonDocument.Parse(resource.Raw, new JsonDocumentOptions { MaxDepth = 128 });
            try
            {
                view.Run(document.RootElement, held, cancellationToken: cancellationToken);
                held.MoveTo(writer);
            }
            catch (ViewEvaluationException e)
            {
                held.Clear();
                failures.Add(new ViewFailure(resource.Source, resource.ResourceId, e.Message));
            }
        }

        await writer.FlushAsync(cancellationToken);
        var rows = Text(bytes).TrimEnd('\n').Replace('\n', ',');
        return new ViewPreview(stored.Count, new JsonText($"[{rows}]"), failures.ToImmutable(), Warnings(view));
    }

    /// <summary>Runs a definition over the first stored resources of its type and keeps nothing but what failed.</summary>
    public async Task<ViewTrial> TryAsync(CompiledView view, CancellationToken cancellationToken)
    {
        var stored = await database.ReadAsync(
            (session, token) => FirstAsync(session, view.Definition.Resource, MaxTrialResources, token),
            cancellationToken
        );
        using var rows = new ViewRows(new ViewTable(view, view.Definition.Name!));
        var failing = 0L;
        var examples = ImmutableArray.CreateBuilder<ViewFailure>();
        foreach (var resource in stored)
        {
            using var document = JsonDocument.Parse(resource.Raw, new JsonDocumentOptions { MaxDepth = 128 });
            try
            {
                rows.Append(
                    document.RootElement,
                    new RowOrigin(resource.Source, resource.ResourceId, resource.RunId, default, default),
                    cancellationToken
                );
                rows.Batch.Clear();
            }
            catch (ViewEvaluationException e)
            {
                failing++;
                if (examples.Count < MaxTrialExamples)
                    examples.Add(new ViewFailure(resource.Source, resource.ResourceId, e.Message));
            }
        }

        return new ViewTrial(stored.Count, failing, examples.ToImmutable());
    }

    public static ImmutableArray<string> Warnings(CompiledView view) => [.. view.Warnings.Select(w => $"{w.Place}: {w.Reason}")];

    private static async Task<List<StoredJson>> FirstAsync(
        DbSession session,
        string resourceType,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var found = new List<StoredJson>();
        foreach (var source in await RunStore.SourcesAsync(session, cancellationToken))
        {
            found.AddRange(await ResourceStore.ListAsync(session, source, resourceType, "", limit - found.Count, cancellationToken));
            if (found.Count >= limit)
                break;
        }

        return found;
    }

    private static ViewRowWriter Writer(RowFormat format, IEnumerable<string> columns, PipeWriter output, bool withHeader) =>
        format == RowFormat.Csv ? new CsvRowWriter(columns, output, withHeader) : new NdjsonRowWriter(columns, output);

    private static void WriteRow(ViewRowWriter writer, List<Column> columns, DbDataReader reader)
    {
        writer.BeginRow();
        for (var i = 0; i < columns.Count; i++)
        {
            if (reader.IsDBNull(i))
                writer.Null();
            else if (columns[i].Type == ColumnType.Integer)
                writer.Integer(reader.GetInt64(i));
            else if (columns[i].Type == ColumnType.Boolean)
                writer.Boolean(reader.GetBoolean(i));
            else if (columns[i].Type == ColumnType.Numeric && reader.GetString(i) is var digits && char.IsAsciiDigit(digits[^1]))
                writer.Numeric(Encoding.UTF8.GetBytes(digits)); // SQLite's Inf is no JSON number and is written as text
            else if (columns[i].Type == ColumnType.Json)
                writer.Json(Encoding.UTF8.GetBytes(reader.GetString(i)));
            else
                writer.Text(Encoding.UTF8.GetBytes(reader.GetString(i)));
        }

        writer.EndRow();
    }

    private static string Text(MemoryStream bytes) => Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
}
