namespace Interop.Storage.Tests;

public sealed class DatabaseOptionsTests
{
    [Fact]
    public void EveryFaultIsNamedAtOnce()
    {
        var options = new DatabaseOptions { Connection = " ", MaxReadConnections = 0, CommandTimeout = TimeSpan.Zero, MaxAttempts = 1000 };
        var error = Assert.Throws<ArgumentException>(() => Database.Open(options));
        Assert.All(["Connection", "MaxReadConnections", "CommandTimeout", "MaxAttempts"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AUriIsReadWithItsEscapesAndParameters()
    {
        var settings = ConnectionText.ReadPostgres("postgres://us%40er:p%3Aw@rd@[::1]:6543/my%20db?sslmode=verify-full&application_name=x&connect_timeout=7");
        Assert.Equal(("us@er", "p:w@rd", "::1", 6543, "my db"), (settings.Username, settings.Password, settings.Host, settings.Port, settings.Database));
        Assert.Equal((Npgsql.SslMode.VerifyFull, "x", 7), (settings.SslMode, settings.ApplicationName, settings.Timeout));

        var plain = ConnectionText.ReadPostgres("postgresql://db.example/interop");
        Assert.Equal(("db.example", 5432, "interop"), (plain.Host, plain.Port, plain.Database));
        var several = ConnectionText.ReadPostgres("postgres://u@a:1,b:2/d?target_session_attrs=primary");
        Assert.Equal(("a:1,b:2", "primary"), (several.Host, several.TargetSessionAttributes));

        await using var database = Database.Open(new DatabaseOptions { Connection = "postgres://me:secret@db.example:1/interop" });
        Assert.Equal((SqlDialect.Postgres, "PostgreSQL db.example:1/interop as me"), (database.Dialect, database.Location));
    }

    [Theory]
    [InlineData("postgres://me:s3cret@host:s3cret/db")]
    [InlineData("postgres://me:s3cret@/db")]
    [InlineData("postgres://me:s3cret@host/db?sslmode=s3cret")]
    [InlineData("postgres://me:s3cret@host/db?s3=1")]
    [InlineData("Host=h;Password=s3cret;Port=s3cret")]
    [InlineData("Host=h;Password=s3cret;Unknown=s3cret")]
    [InlineData("Host=h;Password='s3cret")]
    [InlineData("mysql://me:s3cret@host/db")]
    public void WhatCannotBeReadIsRefusedWithoutASecretInTheMessage(string connection)
    {
        var options = new DatabaseOptions { Connection = connection };
        var error = Assert.ThrowsAny<ArgumentException>(() => Database.Open(options));
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/data/interop.db", "/data/interop.db")]
    [InlineData("sqlite:/data/interop.db", "/data/interop.db")]
    [InlineData("sqlite:///data/interop.db", "/data/interop.db")]
    [InlineData("Data Source=/data/interop.db", "/data/interop.db")]
    public void AnythingElseIsTheFileOfASqliteDatabase(string connection, string path)
    {
        Assert.Equal(SqlDialect.Sqlite, ConnectionText.Recognise(connection));
        Assert.Equal(path, ConnectionText.ReadSqlitePath(connection));
    }

    [Fact]
    public void ADatabaseInMemoryIsRefused() =>
        Assert.Throws<ArgumentException>(() => Database.Open(new DatabaseOptions { Connection = "Data Source=:memory:" }));

    [Fact]
    public void TheProvidersAreFoundByTheNamesThatOrleansUses()
    {
        DatabaseProviders.Register();
        DatabaseProviders.Register();
        Assert.Same(Npgsql.NpgsqlFactory.Instance, System.Data.Common.DbProviderFactories.GetFactory("Npgsql"));
        using var connection = System.Data.Common.DbProviderFactories.GetFactory("System.Data.SQLite").CreateConnection()!;
        connection.ConnectionString = "Data Source=:memory:";
        connection.Open();
        Assert.StartsWith("3.", connection.ServerVersion, StringComparison.Ordinal);
    }
}
