using System.Data;
using System.Data.Common;
using Interop.TestServers;
using Microsoft.Data.Sqlite;
using Npgsql;
using Orleans.Configuration;

namespace Orleans.Local.Tests.Support;

/// <summary>A new database with the engine's tables, created by the project's migration.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    public const string Sqlite = "Sqlite";
    public const string Postgres = "Postgres";

    private readonly string? _file;

    private TestDatabase(string invariant, string connectionString, string? file)
    {
        Invariant = invariant;
        ConnectionString = connectionString;
        _file = file;
    }

    public string Invariant { get; }

    public string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync(string kind)
    {
        SQLitePCL.Batteries_V2.Init();
        DbProviderFactories.RegisterFactory("System.Data.SQLite", SqliteFactory.Instance);
        DbProviderFactories.RegisterFactory("Npgsql", NpgsqlFactory.Instance);
        TestDatabase database;
        if (kind == Sqlite)
        {
            var file = Path.Combine(Path.GetTempPath(), $"engine-{Guid.NewGuid():N}.db");
            database = new TestDatabase("System.Data.SQLite", $"Data Source={file}", file);
        }
        else
        {
            var server = await PostgresServer.SharedAsync();
            database = new TestDatabase("Npgsql", await server.CreateDatabaseAsync($"engine_{Guid.NewGuid():N}"), null);
        }

        using var reader = new StreamReader(typeof(TestDatabase).Assembly.GetManifestResourceStream($"{kind}/0001_engine.sql")!);
        await database.ExecuteAsync(await reader.ReadToEndAsync());
        return database;
    }

    public void Configure(AdoNetGrainStorageOptions options)
    {
        options.Invariant = Invariant;
        options.ConnectionString = ConnectionString;
    }

    public void Configure(AdoNetReminderTableOptions options)
    {
        options.Invariant = Invariant;
        options.ConnectionString = ConnectionString;
    }

    public Task ExecuteAsync(string sql, params (string Name, object? Value)[] parameters) => QueryAsync(sql, parameters);

    /// <summary>The rows of a statement, with the values in the order of the columns. A <see cref="DbType"/> as a value is a null of that
    /// type.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql, params (string Name, object? Value)[] parameters)
    {
        await using var connection = DbProviderFactories.GetFactory(Invariant).CreateConnection()!;
        connection.ConnectionString = ConnectionString;
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value is null or DbType ? DBNull.Value : value;
            if (value is DbType type)
                parameter.DbType = type;
            command.Parameters.Add(parameter);
        }

        var rows = new List<object?[]>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
                row[i] = await reader.IsDBNullAsync(i) ? null : reader.GetValue(i);
            rows.Add(row);
        }

        return rows;
    }

    public ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            SqliteConnection.ClearAllPools();
            File.Delete(_file);
        }

        return ValueTask.CompletedTask;
    }
}
