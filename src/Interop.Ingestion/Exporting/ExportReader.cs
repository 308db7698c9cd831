using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Exporting;

/// <summary>Reads stored resources and rows of one type as NDJSON lines, in the order of their keys, from a cursor on.</summary>
internal sealed class ExportReader(Database database, ViewCatalog catalog)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Where an export stands: the key of the last line.</summary>
    public sealed record Cursor(string Source, string Id);

    /// <summary>
    /// Calls <paramref name="write"/> with a line for each row after the cursor, up to <paramref name="limit"/>; ends early when it returns
    /// false. Returns the last line's cursor, or null when there was none.
    /// </summary>
    public async Task<Cursor?> ReadAsync(
        ExportRequest request, Cursor? after, long? limit, Func<string, ValueTask<bool>> write, CancellationToken cancellationToken)
    {
        var table = (await catalog.RefreshAsync(cancellationToken)).RowsOf(request.ResourceType);
        List<Column> columns = request.IncludeNormalized && table is not null ? [.. table.Columns] : [];
        return await database.ReadAsync((session, token) => StreamAsync(session, request, table?.Shape, columns, after, limit, write, token), cancellationToken);
    }

    private static async Task<Cursor?> StreamAsync(
        DbSession session,
        ExportRequest request,
        TableShape? table,
        List<Column> columns,
        Cursor? after,
        long? limit,
        Func<string, ValueTask<bool>> write,
        CancellationToken cancellationToken)
    {
        await using var command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        command.CommandText = Sql(request, table, columns, after, limit);
        Add(command, "@type", request.ResourceType);
        Add(command, "@runId", request.RunId);
        Add(command, "@source", request.Source);
        Add(command, "@afterSource", after?.Source);
        Add(command, "@afterId", after?.Id);
        Add(command, "@limit", limit);
        Add(command, "@offset", request.Offset);

        Cursor? last = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            last = new Cursor(reader.GetString(0), reader.GetString(1));
            if (!await write(Line(reader, request, columns)))
                break;
        }

        return last;
    }

    private static string Sql(ExportRequest request, TableShape? table, List<Column> columns, Cursor? after, long? limit)
    {
        var sql = new StringBuilder("SELECT r.source, r.resource_id, r.run_id, r.raw");
        foreach (var column in columns)
        {
            // As text: PostgreSQL's numeric has digits that no number of ours can hold.
            var value = $"t.\"{column.Name}\"";
            sql.Append(column.Type == ColumnType.Numeric ? $", CAST({value} AS text)" : $", {value}");
        }

        sql.Append(" FROM resources AS r");
        if (columns.Count > 0)
            sql.Append($" LEFT JOIN \"{table!.Name}\" AS t ON t.source = r.source AND t.id = r.resource_id");
        sql.Append(" WHERE r.resource_type = @type AND r.deleted_at IS NULL");
        if (request.RunId is not null)
            sql.Append(" AND r.run_id = @runId");
        if (request.Source is not null)
            sql.Append(" AND r.source = @source");
        if (after is not null)
            sql.Append(" AND (r.source, r.resource_id) > (@afterSource, @afterId)");
        sql.Append(" ORDER BY r.source, r.resource_id");
        if (limit is not null)
            sql.Append(" LIMIT @limit");
        else if (request.Offset > 0 && after is null)
            sql.Append(" LIMIT 9223372036854775807");
        if (request.Offset > 0 && after is null)
            sql.Append(" OFFSET @offset");
        return sql.ToString();
    }

    private static string Line(DbDataReader reader, ExportRequest request, List<Column> columns)
    {
        if (!request.IncludeNormalized)
            return reader.GetString(3);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("source", reader.GetString(0));
            json.WriteString("id", reader.GetString(1));
            for (var i = 0; i < columns.Count; i++)
                Write(json, columns[i], reader, i + 4);
            json.WriteNumber("run_id", reader.GetInt64(2));
            if (request.IncludeRaw)
            {
                json.WritePropertyName("raw");
                json.WriteRawValue(reader.GetString(3), skipInputValidation: true);
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

    private static void Add(DbCommand command, string name, object? value)
    {
        if (!command.CommandText.Contains(name, StringComparison.Ordinal))
            return;
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }
}
