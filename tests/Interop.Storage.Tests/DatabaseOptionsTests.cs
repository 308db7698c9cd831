using System.Data.Common;
using Interop.Storage.Connections;

namespace Interop.Storage.Tests;

public sealed class DatabaseOptionsTests
{
    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var options = new DatabaseOptions
        {
            Connection = "x.db",
            MaxReadConnections = 0,
            CommandTimeout = TimeSpan.Zero,
            MaxAttempts = 1000,
        };
        var error = Assert.Throws<ArgumentException>(() => DatabaseFactory.Open(options));
        Assert.All(
            ["MaxReadConnections", "CommandTimeout", "MaxAttempts"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_providers_are_found_by_the_names_that_Orleans_uses()
    {
        DatabaseProviders.Register();
        DatabaseProviders.Register();
        Assert.Same(Npgsql.NpgsqlFactory.Instance, DbProviderFactories.GetFactory("Npgsql"));
        using var connection = DbProviderFactories.GetFactory("System.Data.SQLite").CreateConnection()!;
        connection.ConnectionString = "Data Source=:memory:";
        connection.Open();
        Assert.StartsWith("3.", connection.ServerVersion, StringComparison.Ordinal);
    }
}
