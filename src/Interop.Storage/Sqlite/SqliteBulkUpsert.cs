using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Interop.Storage.Sqlite;

/// <summary>One prepared INSERT .. ON CONFLICT per shape and rule, executed once per row with values bound from the batch's
/// bytes.</summary>
internal sealed class SqliteBulkUpsert(sqlite3 handle) : BulkUpsert, IDisposable
{
    private const int RowsBetweenCancellationChecks = 256;
    private readonly Dictionary<(TableShape, UpsertRule), sqlite3_stmt> _statements = [];

    public override Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken cancellationToken)
    {
        var statement = Prepare(rows.Shape, rule);
        var changed = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            if (row % RowsBetweenCancellationChecks == 0)
                cancellationToken.ThrowIfCancellationRequested();
            Bind(statement, rows, row);
            var stepped = raw.sqlite3_step(statement);
            if (stepped != raw.SQLITE_DONE)
            {
                // Read the message before the reset, which clears it.
                try
                {
                    SqliteException.ThrowExceptionForRC(stepped, handle);
                }
                finally
                {
                    _ = raw.sqlite3_reset(statement);
                }
            }
            changed += raw.sqlite3_changes(handle);
            Check(raw.sqlite3_reset(statement));
        }
        // Otherwise the last row's values stay bound and keep their memory.
        Check(raw.sqlite3_clear_bindings(statement));
        return Task.FromResult(changed);
    }

    public override void RolledBackToSavepoint()
    {
        // Nothing is kept in the database between batches.
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }

    private sqlite3_stmt Prepare(TableShape shape, UpsertRule rule)
    {
        if (_statements.TryGetValue((shape, rule), out var statement))
            return statement;
        var values = $"VALUES ({string.Join(", ", Enumerable.Repeat("?", shape.Columns.Length))})";
        Check(raw.sqlite3_prepare_v3(handle, TableSql.Upsert(shape, rule, values), raw.SQLITE_PREPARE_PERSISTENT, out statement));
        _statements.Add((shape, rule), statement);
        return statement;
    }

    private void Bind(sqlite3_stmt statement, RowBatch rows, int row)
    {
        var reader = new FieldReader(rows.Row(row));
        var tenths = rows.TenthsOf(row);
        var nextTenth = 0;
        for (var column = 0; column < rows.Shape.Columns.Length; column++)
        {
            var type = rows.Shape.Columns[column].Type;
            var tenth = type == ColumnType.Timestamp ? tenths[nextTenth++] : (byte)0;
            var parameter = column + 1;
            Check(
                !reader.Next(out var field)
                    ? raw.sqlite3_bind_null(statement, parameter)
                    : type switch
                    {
                        ColumnType.Integer => raw.sqlite3_bind_int64(statement, parameter, BinaryPrimitives.ReadInt64BigEndian(field)),
                        ColumnType.Boolean => raw.sqlite3_bind_int(statement, parameter, field[0]),
                        ColumnType.Real => raw.sqlite3_bind_double(statement, parameter, BinaryPrimitives.ReadDoubleBigEndian(field)),
                        ColumnType.Timestamp => BindInstant(statement, parameter, BinaryPrimitives.ReadInt64BigEndian(field), tenth),
                        ColumnType.Binary => raw.sqlite3_bind_blob(statement, parameter, field),
                        // An empty span has a null pointer, and SQLite treats a null pointer as NULL.
                        _ when field.IsEmpty => raw.sqlite3_bind_text(statement, parameter, ""),
                        // A column of affinity NUMERIC converts the text of a number.
                        _ => raw.sqlite3_bind_text(statement, parameter, field),
                    }
            );
        }
    }

    private static int BindInstant(sqlite3_stmt statement, int parameter, long microseconds, byte tenth)
    {
        Span<byte> text = stackalloc byte[28]; // yyyy-MM-ddTHH:mm:ss.fffffffZ
        RowBatch.Instant(microseconds, tenth).TryFormat(text, out var length, "O");
        return raw.sqlite3_bind_text(statement, parameter, text[..length]);
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            SqliteException.ThrowExceptionForRC(result, handle);
    }
}
