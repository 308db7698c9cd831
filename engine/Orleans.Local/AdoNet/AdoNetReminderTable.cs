using System.Globalization;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Runtime;

namespace Orleans.AdoNet;

/// <summary>Keeps reminders in the table OrleansRemindersTable, as rows that Orleans' own provider can read and write too.</summary>
internal sealed class AdoNetReminderTable(AdoNetReminderTableOptions options, string serviceId, AdoNetDataSources dataSources)
    : IReminderTable
{
    private const string Columns =
        "SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable WHERE ServiceId = @ServiceId";

    private const string Upsert = """
        INSERT INTO OrleansRemindersTable (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash, Version)
        VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
        ON CONFLICT (ServiceId, GrainId, ReminderName) DO UPDATE
        SET StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash,
            Version = OrleansRemindersTable.Version + 1
        RETURNING Version
        """;

    private const string Delete = """
        DELETE FROM OrleansRemindersTable
        WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName AND Version = @Version
        RETURNING Version
        """;

    private readonly AdoNetDatabase _database = new(dataSources, options.Invariant, options.ConnectionString, "The reminder service");

    public Task<List<ReminderEntry>> ReadAllAsync() => ReadAsync(Columns, new() { ["ServiceId"] = serviceId });

    public Task<List<ReminderEntry>> ReadAsync(GrainId grainId) => ReadAsync($"{Columns} AND GrainId = @GrainId", Parameters(grainId));

    public async Task<ReminderEntry> UpsertAsync(ReminderEntry entry)
    {
        var parameters = Parameters(entry.GrainId);
        parameters["ReminderName"] = entry.Name;
        parameters["StartTime"] = _database.ToInstant(entry.StartAt);
        parameters["Period"] = (long)entry.Period.TotalMilliseconds;
        parameters["GrainHash"] = unchecked((int)entry.GrainId.GetUniformHashCode());
        var versions = await _database.QueryAsync(Upsert, parameters, ReadVersion);
        return entry with { ETag = versions.Single() };
    }

    public async Task<bool> RemoveAsync(ReminderEntry entry)
    {
        var parameters = Parameters(entry.GrainId);
        parameters["ReminderName"] = entry.Name;
        parameters["Version"] = int.Parse(entry.ETag, CultureInfo.InvariantCulture);
        return (await _database.QueryAsync(Delete, parameters, ReadVersion)).Count > 0;
    }

    private Task<List<ReminderEntry>> ReadAsync(string sql, Dictionary<string, object?> parameters) =>
        _database.QueryAsync(
            sql,
            parameters,
            row => new ReminderEntry(
                GrainId.Parse(row.GetString(0)),
                row.GetString(1),
                AdoNetDatabase.ReadInstant(row, 2),
                TimeSpan.FromMilliseconds(row.GetInt64(3)),
                Convert.ToString(row.GetValue(4), CultureInfo.InvariantCulture)!
            )
        );

    private Dictionary<string, object?> Parameters(GrainId grainId) =>
        new() { ["ServiceId"] = serviceId, ["GrainId"] = grainId.ToString() };

    private static string ReadVersion(System.Data.Common.DbDataReader row) =>
        Convert.ToString(row.GetValue(0), CultureInfo.InvariantCulture)!;
}
