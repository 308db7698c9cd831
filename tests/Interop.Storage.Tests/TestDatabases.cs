using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>A fresh, empty database for one test class's test.</summary>
internal static class TestDatabases
{
    public static async Task<string> NewPostgresAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    public static TemporaryFile NewSqliteFile() => new();
}

/// <summary>A path that nobody else uses, removed with what was made there.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("interop-sqlite-").FullName;

    public string Path => System.IO.Path.Combine(_directory, "test.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
