using Interop.Storage.Connections;
using Npgsql;

namespace Interop.Storage.Tests;

public sealed class ConnectionTextTests
{
    [Fact]
    public async Task A_URI_is_read_with_its_escapes_and_parameters()
    {
        var settings = Postgres("postgres://us%40er:p%3Aw@rd@[::1]:6543/my%20db?sslmode=verify-full&application_name=x&connect_timeout=7");
        Assert.Equal(
            ("us@er", "p:w@rd", "::1", 6543, "my db"),
            (settings.Username, settings.Password, settings.Host, settings.Port, settings.Database)
        );
        Assert.Equal((SslMode.VerifyFull, "x", 7), (settings.SslMode, settings.ApplicationName, settings.Timeout));

        var plain = Postgres("postgresql://db.example/interop");
        Assert.Equal(("db.example", 5432, "interop"), (plain.Host, plain.Port, plain.Database));
        var several = Postgres("postgres://u@a:1,b:2/d?target_session_attrs=primary");
        Assert.Equal(("a:1,b:2", "primary"), (several.Host, several.TargetSessionAttributes));

        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = "postgres://me:secret@db.example:1/interop" });
        Assert.Equal((SqlDialect.Postgres, "PostgreSQL db.example:1/interop as me"), (database.Dialect, database.Location));
    }

    [Theory]
    [InlineData("Host=h;Database=d")]
    [InlineData("Server=h")]
    [InlineData("POSTGRES://h/d")]
    public void A_text_that_names_a_host_is_PostgreSQL(string connection) =>
        Assert.Equal(SqlDialect.Postgres, ConnectionText.Check(connection, "DB_URL"));

    [Theory]
    [InlineData("/data/interop.db", "/data/interop.db")]
    [InlineData("/data/interop", "/data/interop")]
    [InlineData("sqlite:/data/interop", "/data/interop")]
    [InlineData("sqlite:///data/interop.db", "/data/interop.db")]
    [InlineData("Data Source=/data/interop.db", "/data/interop.db")]
    public void The_path_of_a_file_is_SQLite(string connection, string path)
    {
        Assert.Equal(SqlDialect.Sqlite, ConnectionText.Check(connection, "DB_URL"));
        Assert.Equal(path, ConnectionText.Read(connection, "DB_URL").Match(_ => "", file => file));
    }

    [Theory]
    [InlineData("interop.db")]
    [InlineData("./interop")]
    [InlineData("../data/interop.sqlite3")]
    public void A_relative_path_is_recognised_by_its_start_or_its_ending(string connection) =>
        Assert.Equal(Path.GetFullPath(connection), ConnectionText.Read(connection, "DB_URL").Match(_ => "", file => file));

    [Theory]
    [InlineData("garbage")]
    [InlineData("host/interop")]
    [InlineData("localhost:5432")]
    [InlineData("user:password@host/interop")]
    [InlineData("user:password@host/interop.db")]
    [InlineData("mysql://user@host/interop")]
    [InlineData("Database=interop;Username=me")]
    [InlineData("Data Source=:memory:")]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public void Anything_else_is_refused_with_the_setting_and_what_it_takes(string? connection)
    {
        var error = Assert.Throws<ConnectionTextException>(() => ConnectionText.Check(connection, "DB_URL_FILE"));

        Assert.Equal("DB_URL_FILE", error.Setting);
        Assert.StartsWith("DB_URL_FILE cannot be used: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("It takes postgres://", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("postgres://me:s3cret@host:s3cret/db")]
    [InlineData("postgres://me:s3cret@/db")]
    [InlineData("postgres://me:s3cret@host/db?sslmode=s3cret")]
    [InlineData("postgres://me:s3cret@host/db?s3cret=1")]
    [InlineData("postgres://me:s3cret/w0rd@host/db")]
    [InlineData("postgres://me:7/s3cret@host/db")]
    [InlineData("postgres://me:w0rd?s3cret@host/db")]
    [InlineData("postgres://me:a@w0rd?s3cret=b@host/db")]
    [InlineData("postgres://me:w0rd#s3cret")]
    [InlineData("Host=h;Password=s3cret;Port=s3cret")]
    [InlineData("Host=h;Password=w0rd;s3cret;Database=d")]
    [InlineData("Host=h;Password=w0rd;s3cret=x;Database=d")]
    [InlineData("Host=h;Password='s3cret")]
    [InlineData("mysql://me:s3cret@host/db")]
    [InlineData("me:s3cret@host/db")]
    public void No_message_holds_a_part_of_the_setting(string connection)
    {
        var options = new DatabaseOptions { Connection = connection };
        var error = Assert.Throws<ConnectionTextException>(() => DatabaseFactory.Open(options));
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("w0rd", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_of_an_unescaped_password_says_how_to_escape_it()
    {
        var error = Assert.Throws<ConnectionTextException>(() => ConnectionText.Check("postgres://me:pa/ss@host/db", "DB_URL"));
        Assert.Contains("write @ as %40, : as %3A, / as %2F", error.Message, StringComparison.Ordinal);
    }

    private static NpgsqlConnectionStringBuilder Postgres(string connection) =>
        ConnectionText.Read(connection, "DB_URL").Match(settings => settings, _ => throw new InvalidOperationException());
}
