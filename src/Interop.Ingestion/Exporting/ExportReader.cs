using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Exporting;

/// <summary>Reads stored resources and their rows as NDJSON lines, in the order of their keys.</summary>
internal sealed class ExportReader(Database database, ViewCatalog catalog)
{
    private static readonly JsonWriterOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private const int MaxPageBytes = 1024 * 1024;

    private sealed record PageCursor(string Source, string Id, long Written);

    /// <summary>The next page of an export, at most about 1 MiB.</summary>
    /// <param name="cursor">The <see cref="ExportPage.NextCursor"/> of the page before; null for the first page.</param>
    public async Task<ExportPage> ReadPageAsync(ExportRequest request, string? cursor, CancellationToken cancellationToken)
    {
        var after = cursor is null ? null : JsonSerializer.Deserialize<PageCursor>(cursor);
        var lines = new StringBuilder();
        var count = 0L;
        var last = await ReadAsync(
            request,
            after is null ? null : new ExportCursor(after.Source, after.Id),
            request.Limit - (after?.Written ?? 0),
            line =>
            {
                lines.Append(line).Replace('\n', ' ', lines.Length - line.Length, line.Length).Append('\n');
                count++;
                return new ValueTask<bool>(lines.Length < MaxPageBytes);
            },
            cancellationToken
        );
        var hasEnded = last is null || lines.Length < MaxPageBytes;
        var next = hasEnded ? null : JsonSerializer.Serialize(new PageCursor(last!.Source, last.Id, (after?.Written ?? 0) + count));
        return new ExportPage(lines.ToString(), count, next);
    }

    /// <summary>
    /// Calls <paramref name="write"/> with a line for each row after the cursor, up to <paramref name="limit"/>; ends early when it returns
    /// false. Returns the last line's cursor, or null when there was none.
    /// </summary>
    public async Task<ExportCursor?> ReadAsync(
        ExportRequest request,
        ExportCursor? after,
        long? limit,
        Func<string, ValueTask<bool>> write,
        CancellationToken cancellationToken
    )
    {
        var table = (await catalog.RefreshAsync(cancellationToken)).RowsOf(request.ResourceType);
        List<Column> columns = request.IncludeNormalized && table is not null ? [.. table.Columns] : [];
        return await database.ReadAsync(
            async (session, token) =>
            {
                ExportCursor? last = null;
                await ExportStore.ReadAsync(
                    session,
                    request,
                    table?.Shape,
                    columns,
                    after,
                    limit,
                    reader =>
                    {
                        last = new ExportCursor(reader.GetString(ExportStore.Source), reader.GetString(ExportStore.Id));
                        return write(Line(reader, request, columns));
                    },
                    token
                );
                return last;
            },
            cancellationToken
        );
    }

    private static string Line(DbDataReader reader, ExportRequest request, List<Column> columns)
    {
        if (!request.IncludeNormalized)
            return reader.GetString(ExportStore.Raw);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("source", reader.GetString(ExportStore.Source));
            json.WriteString("id", reader.GetString(ExportStore.Id));
            for (var i = 0; i < columns.Count; i++)
                Write(json, columns[i], reader, i + ExportStore.FirstColumn);
            json.WriteNumber("run_id", reader.GetInt64(ExportStore.RunId));
            if (request.IncludeRaw)
            {
                json.WritePropertyName("raw");
                json.WriteRawValue(reader.GetString(ExportStore.Raw), skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, Column column, DbDataReader reader, int ordinal)
    {
        json.WritePropertyName(column.Name);
        if (reader.IsDBNull(ordinal))
        {
            json.WriteNullValue();
            return;
        }

        switch (column.Type)
        {
            case ColumnType.Integer:
                json.WriteNumberValue(reader.GetInt64(ordinal));
                break;
            case ColumnType.Boolean:
                json.WriteBooleanValue(reader.GetBoolean(ordinal));
                break;
            case ColumnType.Real:
                json.WriteNumberValue(reader.GetDouble(ordinal));
                break;
            case ColumnType.Numeric or ColumnType.Json:
                json.WriteRawValue(reader.GetString(ordinal), skipInputValidation: true);
                break;
            default:
                json.WriteStringValue(Convert.ToString(reader.GetValue(ordinal), CultureInfo.InvariantCulture));
                break;
        }
    }
}
