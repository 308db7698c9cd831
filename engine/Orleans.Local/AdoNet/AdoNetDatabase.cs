using System.Data;
using System.Data.Common;
using System.Globalization;
using Orleans.Runtime;

namespace Orleans.AdoNet;

/// <summary>
/// A database reached through the ADO.NET provider that the host registered in <see cref="DbProviderFactories"/>: <c>Npgsql</c>, or
/// <c>System.Data.SQLite</c>, under which the host may register Microsoft.Data.Sqlite.
/// </summary>
internal sealed class AdoNetDatabase
{
    private const string Sqlite = "System.Data.SQLite";
    private const string Npgsql = "Npgsql";
    private const string InstantFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    private readonly DbDataSource _dataSource;
    private readonly bool _isSqlite;

    /// <exception cref="OrleansConfigurationException">The provider is unknown or not registered, or there is no connection
    /// string.</exception>
    public AdoNetDatabase(AdoNetDataSources dataSources, string invariant, string? connectionString, string purpose)
    {
        if (invariant is not (Sqlite or Npgsql))
            throw new OrleansConfigurationException(
                $"{purpose}: the invariant \"{invariant}\" is not supported; it is {Npgsql} or {Sqlite}."
            );
        if (string.IsNullOrWhiteSpace(connectionString))
            throw new OrleansConfigurationException($"{purpose}: there is no connection string.");
        if (!DbProviderFactories.TryGetFactory(invariant, out var factory))
            throw new OrleansConfigurationException(
                $"{purpose}: no ADO.NET provider is registered as \"{invariant}\"; call DbProviderFactories.RegisterFactory first."
            );
        _dataSource = dataSources.Get(factory, connectionString);
        _isSqlite = invariant == Sqlite;
    }

    /// <summary>Runs one statement and reads its rows. SQLite works synchronously, so its statements run off the caller's
    /// scheduler.</summary>
    public Task<List<T>> QueryAsync<T>(string sql, IReadOnlyDictionary<string, object?> parameters, Func<DbDataReader, T> read) =>
        _isSqlite ? Task.Run(() => RunAsync(sql, parameters, read)) : RunAsync(sql, parameters, read);

    /// <summary>The form in which the instant columns of this database store it.</summary>
    public object ToInstant(DateTime utc) =>
        _isSqlite ? utc.ToString(InstantFormat, CultureInfo.InvariantCulture) : DateTime.SpecifyKind(utc, DateTimeKind.Utc);

    public static DateTime ReadInstant(DbDataReader reader, int ordinal) =>
        reader.GetValue(ordinal) switch
        {
            DateTime instant => DateTime.SpecifyKind(instant, DateTimeKind.Utc),
            var text => DateTime.Parse(
                (string)text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal
            ),
        };

    private async Task<List<T>> RunAsync<T>(string sql, IReadOnlyDictionary<string, object?> parameters, Func<DbDataReader, T> read)
    {
        var connection = await _dataSource.OpenConnectionAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = sql;
                foreach (var (name, value) in parameters)
                    command.Parameters.Add(ToParameter(command, name, value));
                var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    var rows = new List<T>();
                    while (await reader.ReadAsync().ConfigureAwait(false))
                        rows.Add(read(reader));
                    return rows;
                }
            }
        }
    }

    private static DbParameter ToParameter(DbCommand command, string name, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value is null or DbNull ? DBNull.Value : value;

        // PostgreSQL cannot tell the type of a null.
        if (value is DbNull typed)
            parameter.DbType = typed.Type;
        return parameter;
    }
}

/// <summary>A null of a known type.</summary>
internal sealed record DbNull(DbType Type)
{
    public static readonly DbNull Int32 = new(DbType.Int32);
    public static readonly DbNull String = new(DbType.String);
}
