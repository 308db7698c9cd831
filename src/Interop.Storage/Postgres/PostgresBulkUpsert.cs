using System.Data.Common;
using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>
/// Binary COPY into a temporary stage table, then one INSERT .. SELECT .. ON CONFLICT. The table and the prepared INSERT stay on the
/// connection; later batches of the same shape use them again. With <see cref="UpsertRule.Refuse"/> the COPY goes into the target table.
/// </summary>
internal sealed class PostgresBulkUpsert(NpgsqlConnection connection, bool blocks) : BulkUpsert
{
    // https://www.postgresql.org/docs/current/sql-copy.html: signature, flags, length of the header's extension.
    private static readonly byte[] CopyHeader = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] CopyTrailer = [0xFF, 0xFF];

    // Deleted rows stay in the stage table until the transaction ends, and every scan reads them. TRUNCATE costs a new file, so it is rare.
    private const int MaxDeadRows = 20_000;

    private readonly Dictionary<TableShape, Stage> _stages = [];
    private readonly BinaryRows _binary = new();

    public override async Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken cancellationToken)
    {
        if (rule is UpsertRule.RefuseRule && _binary.TryEncode(rows) is { } encoded)
        {
            await CopyAsync(encoded, TableSql.CopyInto(rows.Shape), cancellationToken);
            return rows.Count;
        }

        if (!_stages.TryGetValue(rows.Shape, out var stage))
            _stages.Add(rows.Shape, stage = new Stage(rows.Shape, _stages.Count));
        await PrepareStageAsync(stage, cancellationToken);
        stage.Rows += rows.Count;
        await CopyAsync(rows.Encoded, stage.CopySql, cancellationToken);
        var insert = await stage.InsertAsync(rule, connection, blocks, cancellationToken);
        return blocks ? insert.ExecuteNonQuery() : await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    public override Task ReadUtf8Async(
        DbConnection connection,
        string sql,
        Func<ReadOnlyMemory<byte>[], ValueTask> read,
        Action onFirstRow,
        CancellationToken cancellationToken
    ) => CopyOutReader.ReadAsync((NpgsqlConnection)connection, sql, read, onFirstRow, cancellationToken);

    public override void RolledBackToSavepoint()
    {
        // A stage table that was created after the savepoint no longer exists. CREATE .. IF NOT EXISTS is harmless for the others.
        foreach (var stage in _stages.Values)
            stage.MayBeGone();
    }

    public void TransactionEnded(bool committed)
    {
        foreach (var stage in _stages.Values)
            stage.TransactionEnded(committed);
    }

    private async Task PrepareStageAsync(Stage stage, CancellationToken cancellationToken)
    {
        if (!stage.Exists)
        {
            await ExecuteAsync(stage.CreateSql, cancellationToken);
            stage.Exists = true;
        }
        // A commit empties the stage table. A second batch in one transaction must do so itself.
        if (stage.Rows > MaxDeadRows)
        {
            await ExecuteAsync(stage.TruncateSql, cancellationToken);
            stage.Rows = 0;
        }
        else if (stage.Rows > 0)
        {
            await ExecuteAsync(stage.DeleteSql, cancellationToken);
        }
    }

    private async Task CopyAsync(ReadOnlyMemory<byte> rows, string copySql, CancellationToken cancellationToken)
    {
        if (blocks)
        {
            using var stream = connection.BeginRawBinaryCopy(copySql);
            stream.Write(CopyHeader);
            stream.Write(rows.Span);
            stream.Write(CopyTrailer);
            return;
        }

        await using var copy = await connection.BeginRawBinaryCopyAsync(copySql, cancellationToken);
        try
        {
            await copy.WriteAsync(CopyHeader, cancellationToken);
            await copy.WriteAsync(rows, cancellationToken);
            await copy.WriteAsync(CopyTrailer, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Otherwise Dispose would complete the COPY.
            await copy.CancelAsync();
            throw;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (blocks)
            command.ExecuteNonQuery();
        else
            await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The stage table of one shape, and its statements.</summary>
    private sealed class Stage
    {
        private readonly TableShape _shape;
        private readonly string _selectSql;
        private readonly Dictionary<UpsertRule, NpgsqlCommand> _inserts = [];
        private bool _isCommitted;

        public Stage(TableShape shape, int number)
        {
            _shape = shape;
            var name = $"pg_temp.\"stage_{number}\"";
            // EXTERNAL: do not compress long values in the stage table, only in the target table.
            CreateSql =
                $"CREATE TEMPORARY TABLE IF NOT EXISTS \"stage_{number}\" ("
                + string.Join(", ", shape.Columns.Select(column => $"{TableSql.Quote(column.Name)} {StageType(column.Type)}"))
                + ") ON COMMIT DELETE ROWS"
                + string.Concat(
                    shape
                        .Columns.Where(column => StageType(column.Type) is "text" or "json" or "bytea")
                        .Select(column => $"; ALTER TABLE {name} ALTER COLUMN {TableSql.Quote(column.Name)} SET STORAGE EXTERNAL")
                );
            DeleteSql = $"DELETE FROM {name}";
            TruncateSql = $"TRUNCATE {name}";
            CopySql = $"COPY {name} FROM STDIN (FORMAT BINARY)";
            // Sorted by bytes, whatever the collation: so all writers lock rows in the same order and do not deadlock.
            _selectSql =
                "SELECT "
                + string.Join(
                    ", ",
                    shape.Columns.Select(column =>
                        column.Type == ColumnType.Numeric ? $"CAST({TableSql.Quote(column.Name)} AS numeric)" : TableSql.Quote(column.Name)
                    )
                )
                + $" FROM {name} ORDER BY "
                + string.Join(
                    ", ",
                    shape.KeyColumns.Select(column =>
                        TableSql.Quote(shape.Columns[column].Name)
                        + (StageType(shape.Columns[column].Type) == "text" ? " COLLATE \"C\"" : "")
                    )
                );
        }

        public string CreateSql { get; }

        public string DeleteSql { get; }

        public string TruncateSql { get; }

        public string CopySql { get; }

        public bool Exists { get; set; }

        /// <summary>The rows that this transaction wrote, including deleted ones.</summary>
        public int Rows { get; set; }

        /// <summary>The prepared statement that moves the stage's rows into the table.</summary>
        public async Task<NpgsqlCommand> InsertAsync(
            UpsertRule rule,
            NpgsqlConnection connection,
            bool blocks,
            CancellationToken cancellationToken
        )
        {
            if (_inserts.TryGetValue(rule, out var insert))
                return insert;
            insert = new NpgsqlCommand(TableSql.Upsert(_shape, rule, _selectSql), connection);
            if (blocks)
                insert.Prepare();
            else
                await insert.PrepareAsync(cancellationToken);
            _inserts.Add(rule, insert);
            return insert;
        }

        public void MayBeGone() => Exists = _isCommitted;

        public void TransactionEnded(bool committed)
        {
            if (committed)
                _isCommitted |= Exists;
            Exists = _isCommitted;
            Rows = 0;
        }

        // A number is staged as its text, of any length. json cannot be sorted or compared, and is not part of a key.
        private static string StageType(ColumnType type) =>
            type == ColumnType.Numeric ? "text" : TableSql.TypeName(type, SqlDialect.Postgres);
    }
}
