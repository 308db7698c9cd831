using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>Creates an empty database for a test.</summary>
internal static class TestDatabases
{
    public static async Task<string> NewPostgresAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    public static TemporaryFile NewSqliteFile() => new();
}

/// <summary>A path in a folder of its own, which is removed with its content.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("interop-sqlite-").FullName;

    public string Path => System.IO.Path.Combine(_directory, "test.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
