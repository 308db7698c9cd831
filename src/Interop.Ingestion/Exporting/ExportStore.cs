using System.Data.Common;
using System.Text;
using Interop.Storage;

namespace Interop.Ingestion.Exporting;

/// <summary>Where an export is: the key of its last line.</summary>
internal sealed record ExportCursor(string Source, string Id);

/// <summary>The table <c>resources</c> joined with the view table that holds a type's normalized rows.</summary>
internal static class ExportStore
{
    /// <summary>The ordinals of the columns that every row has; the columns of the view table follow.</summary>
    public const int Source = 0,
        Id = 1,
        RunId = 2,
        Raw = 3,
        FirstColumn = 4;

    /// <summary>Calls <paramref name="read"/> for each row after the cursor, in the order of the keys, until it returns false.</summary>
    public static async Task ReadAsync(
        DbSession session,
        ExportRequest request,
        TableShape? table,
        IReadOnlyList<Column> columns,
        ExportCursor? after,
        long? limit,
        Func<DbDataReader, ValueTask<bool>> read,
        CancellationToken cancellationToken
    )
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
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!await read(reader))
                break;
        }
    }

    private static string Sql(ExportRequest request, TableShape? table, IReadOnlyList<Column> columns, ExportCursor? after, long? limit)
    {
        var sql = new StringBuilder("SELECT r.source, r.resource_id, r.run_id, r.raw");
        foreach (var column in columns)
        {
            // As text: PostgreSQL's numeric has more digits than any .NET number.
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
