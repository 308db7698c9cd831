using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.State;
using Orleans.Storage;

namespace Orleans.AdoNet;

/// <summary>Keeps states as JSON in the table OrleansStorage, as rows that Orleans' own provider can read and write too.</summary>
internal sealed class AdoNetGrainStorage(string name, AdoNetGrainStorageOptions options, string serviceId, AdoNetDataSources dataSources)
    : IGrainStorage
{
    private const string KeyColumns =
        "GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, ServiceId, GrainTypeString, (COALESCE(GrainIdExtensionString, ''))";

    private const string IsRow = """
        GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND ServiceId = @ServiceId AND GrainTypeString = @GrainTypeString
        AND COALESCE(GrainIdExtensionString, '') = COALESCE(@GrainIdExtensionString, '')
        """;

    private const string Read = $"SELECT PayloadBinary, Version FROM OrleansStorage WHERE {IsRow}";

    // One statement, so that two writers cannot both see the old version. Without a version it only inserts; with a version it only updates
    // the row of that version. It returns no row if the version does not match.
    private const string Write = $"""
        INSERT INTO OrleansStorage (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, ServiceId, GrainTypeString, GrainIdExtensionString,
            PayloadBinary, ModifiedOn, Version)
        SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @ServiceId, @GrainTypeString, @GrainIdExtensionString,
            @PayloadBinary, @ModifiedOn, 1
        WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM OrleansStorage WHERE {IsRow})
        ON CONFLICT ({KeyColumns}) DO UPDATE
        SET PayloadBinary = excluded.PayloadBinary, ModifiedOn = excluded.ModifiedOn, Version = OrleansStorage.Version + 1
        WHERE OrleansStorage.Version = @GrainStateVersion
        RETURNING Version
        """;

    private const string Clear =
        $"UPDATE OrleansStorage SET PayloadBinary = NULL, ModifiedOn = @ModifiedOn, Version = Version + 1 "
        + $"WHERE {IsRow} AND Version = @GrainStateVersion RETURNING Version";

    private const string Delete = $"DELETE FROM OrleansStorage WHERE {IsRow} AND Version = @GrainStateVersion RETURNING Version";

    private readonly AdoNetDatabase _database = new(
        dataSources,
        options.Invariant,
        options.ConnectionString,
        $"The grain storage \"{name}\""
    );
    private readonly ConcurrentDictionary<string, GrainType> _owners = new();

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var rows = await _database.QueryAsync(
            Read,
            Parameters(stateName, grainId),
            row => (Json: row.IsDBNull(0) ? null : (byte[])row.GetValue(0), Version: ReadVersion(row, 1))
        );
        var (json, version) = rows.SingleOrDefault();
        grainState.State = json is null ? EmptyState.Of<T>() : JsonSerializer.Deserialize<T>(json);
        grainState.ETag = version;
        grainState.RecordExists = json is not null;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var parameters = Parameters(stateName, grainId);
        parameters["PayloadBinary"] = JsonSerializer.SerializeToUtf8Bytes(grainState.State);
        grainState.ETag = await ChangeAsync(Write, parameters, stateName, grainId, grainState.ETag);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.ETag is null)
        {
            await ReadStateAsync(stateName, grainId, grainState);
            if (!grainState.RecordExists)
                return;
        }

        var sql = options.DeleteStateOnClear ? Delete : Clear;
        var version = await ChangeAsync(sql, Parameters(stateName, grainId), stateName, grainId, grainState.ETag);
        grainState.ETag = options.DeleteStateOnClear ? null : version;
        grainState.State = EmptyState.Of<T>();
        grainState.RecordExists = false;
    }

    private async Task<string> ChangeAsync(
        string sql,
        Dictionary<string, object?> parameters,
        string stateName,
        GrainId grainId,
        string? etag
    )
    {
        parameters["ModifiedOn"] = _database.ToInstant(DateTime.UtcNow);
        parameters["GrainStateVersion"] = etag is null ? DbNull.Int32 : int.Parse(etag, CultureInfo.InvariantCulture);
        var versions = await _database.QueryAsync(sql, parameters, row => ReadVersion(row, 0));
        if (versions is [var version])
            return version;

        var stored = await _database.QueryAsync(
            $"SELECT Version FROM OrleansStorage WHERE {IsRow}",
            Parameters(stateName, grainId),
            row => ReadVersion(row, 0)
        );
        throw new InconsistentStateException(
            $"The state \"{stateName}\" of {grainId} in \"{name}\" has been changed by another writer.",
            stored.SingleOrDefault(),
            etag
        );
    }

    private Dictionary<string, object?> Parameters(string stateName, GrainId grainId)
    {
        // The key of a row is the name of the state and the key of the grain. It has no grain type, as in Orleans' provider.
        var owner = _owners.GetOrAdd(stateName, grainId.Type);
        if (owner != grainId.Type)
            throw new OrleansConfigurationException(
                $"The grain types {owner} and {grainId.Type} both keep a state named \"{stateName}\" in \"{name}\": with equal keys they would "
                    + "write into the same row. Give one of the states another name."
            );

        var key = StorageKey.Of(grainId);
        return new Dictionary<string, object?>
        {
            ["GrainIdHash"] = key.Hash,
            ["GrainIdN0"] = key.N0,
            ["GrainIdN1"] = key.N1,
            ["GrainTypeHash"] = StorageKey.HashOf(stateName),
            ["GrainTypeString"] = stateName,
            ["GrainIdExtensionString"] = (object?)key.Extension ?? DbNull.String,
            ["ServiceId"] = serviceId,
        };
    }

    private static string ReadVersion(System.Data.Common.DbDataReader row, int ordinal) =>
        Convert.ToString(row.GetValue(ordinal), CultureInfo.InvariantCulture)!;
}
