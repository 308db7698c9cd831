using Npgsql;

namespace Interop.Storage.Postgres;

/// <summary>
/// Binary COPY into a temporary stage table, then one INSERT .. SELECT .. ON CONFLICT. Both the table and the prepared INSERT stay with the
/// connection and are used again by every later batch of the same shape. Where no row may be there already, the COPY goes into the table itself.
/// </summary>
internal sealed class PostgresBulkUpsert(NpgsqlConnection connection, bool blocks) : BulkUpsert
{
    // https://www.postgresql.org/docs/current/sql-copy.html: signature, flags, length of the header's extension.
    private static readonly byte[] CopyHeader = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] CopyTrailer = [0xFF, 0xFF];

    // Deleted rows stay in the stage until the transaction ends, and every scan passes over them. Emptying the file costs a new file.
    private const int MaxDeadRows = 20_000;

    private readonly Dictionary<TableShape, Stage> _stages = [];
    private readonly BinaryRows _binary = new();

    public override async Task<int> UpsertAsync(RowBatch rows, UpsertRule rule, CancellationToken ct)
    {
        if (rule is UpsertRule.RefuseRule && _binary.TryEncode(rows) is { } encoded)
        {
            await CopyAsync(encoded, TableSql.CopyInto(rows.Shape), ct);
            return rows.Count;
        }

        if (!_stages.TryGetValue(rows.Shape, out var stage))
            _stages.Add(rows.Shape, stage = new Stage(rows.Shape, _stages.Count));
        await PrepareStageAsync(stage, ct);
        stage.Rows += rows.Count;
        await CopyAsync(rows.Encoded, stage.CopySql, ct);
        var insert = await stage.InsertAsync(rule, connection, blocks, ct);
        return blocks ? insert.ExecuteNonQuery() : await insert.ExecuteNonQueryAsync(ct);
    }

    public override void RolledBackToSavepoint()
    {
        // A stage made after the savepoint is gone with it; making it again does no harm where it is not.
        foreach (var stage in _stages.Values)
            stage.MayBeGone();
    }

    public void TransactionEnded(bool committed)
    {
        foreach (var stage in _stages.Values)
            stage.TransactionEnded(committed);
    }

    private async Task PrepareStageAsync(Stage stage, CancellationToken ct)
    {
        if (!stage.Exists)
        {
            await ExecuteAsync(stage.CreateSql, ct);
            stage.Exists = true;
        }
        // Emptied by every commit; a second batch in the same transaction has to do it itself.
        if (stage.Rows > MaxDeadRows)
        {
            await ExecuteAsync(stage.TruncateSql, ct);
            stage.Rows = 0;
        }
        else if (stage.Rows > 0)
        {
            await ExecuteAsync(stage.DeleteSql, ct);
        }
    }

    private async Task CopyAsync(ReadOnlyMemory<byte> rows, string copySql, CancellationToken ct)
    {
        if (blocks)
        {
            using var stream = connection.BeginRawBinaryCopy(copySql);
            stream.Write(CopyHeader);
            stream.Write(rows.Span);
            stream.Write(CopyTrailer);
            return;
        }

        await using var copy = await connection.BeginRawBinaryCopyAsync(copySql, ct);
        try
        {
            await copy.WriteAsync(CopyHeader, ct);
            await copy.WriteAsync(rows, ct);
            await copy.WriteAsync(CopyTrailer, ct);
        }
        catch (OperationCanceledException)
        {
            // Without this, disposing would complete the COPY.
            await copy.CancelAsync();
            throw;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (blocks)
            command.ExecuteNonQuery();
        else
            await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The stage table of one shape and the statements around it.</summary>
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
            // EXTERNAL: long values are not compressed here, only where they stay.
            CreateSql = $"CREATE TEMPORARY TABLE IF NOT EXISTS \"stage_{number}\" ("
                + string.Join(", ", shape.Columns.Select(column => $"{TableSql.Quote(column.Name)} {StageType(column.Type)}"))
                + ") ON COMMIT DELETE ROWS"
                + string.Concat(shape.Columns.Where(column => StageType(column.Type) is "text" or "json" or "bytea").Select(column =>
                    $"; ALTER TABLE {name} ALTER COLUMN {TableSql.Quote(column.Name)} SET STORAGE EXTERNAL"));
            DeleteSql = $"DELETE FROM {name}";
            TruncateSql = $"TRUNCATE {name}";
            CopySql = $"COPY {name} FROM STDIN (FORMAT BINARY)";
            // Sorted by bytes, which every writer does alike whatever the collation: so two writers never lock the same rows in opposite order.
            _selectSql = "SELECT "
                + string.Join(", ", shape.Columns.Select(column =>
                    column.Type == ColumnType.Numeric ? $"CAST({TableSql.Quote(column.Name)} AS numeric)" : TableSql.Quote(column.Name)))
                + $" FROM {name} ORDER BY "
                + string.Join(", ", shape.KeyColumns.Select(column => TableSql.Quote(shape.Columns[column].Name)
                    + (StageType(shape.Columns[column].Type) == "text" ? " COLLATE \"C\"" : "")));
        }

        public string CreateSql { get; }

        public string DeleteSql { get; }

        public string TruncateSql { get; }

        public string CopySql { get; }

        public bool Exists { get; set; }

        /// <summary>Rows, dead ones included, that this transaction put there.</summary>
        public int Rows { get; set; }

        /// <summary>The prepared statement that moves the stage's rows into the table.</summary>
        public async Task<NpgsqlCommand> InsertAsync(UpsertRule rule, NpgsqlConnection connection, bool blocks, CancellationToken ct)
        {
            if (_inserts.TryGetValue(rule, out var insert))
                return insert;
            insert = new NpgsqlCommand(TableSql.Upsert(_shape, rule, _selectSql), connection);
            if (blocks)
                insert.Prepare();
            else
                await insert.PrepareAsync(ct);
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

        // json could not be in a sort key or be compared, but it is in neither; a number is staged as its text, whatever its length.
        private static string StageType(ColumnType type) =>
            type == ColumnType.Numeric ? "text" : TableSql.TypeName(type, SqlDialect.Postgres);
    }
}
