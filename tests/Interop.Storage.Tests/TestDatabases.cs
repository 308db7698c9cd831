using Interop.TestServers;

namespace Interop.Storage.Tests;

/// <summary>Creates an empty database for a test.</summary>
internal static class TestDatabases
{
    public static async Task<string> NewPostgresAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
}
