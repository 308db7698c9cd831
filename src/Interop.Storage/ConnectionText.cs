using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Interop.Storage;

/// <summary>Reads what a person writes to name a database. No message of this class repeats the text: it may hold a password.</summary>
internal static class ConnectionText
{
    private static readonly string[] UriSchemes = ["postgres://", "postgresql://"];

    public static SqlDialect Recognise(string connection) =>
        UriSchemes.Any(scheme => connection.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) || HasHostKeyword(connection)
            ? SqlDialect.Postgres
            : SqlDialect.Sqlite;

    /// <exception cref="ArgumentException">The text is no PostgreSQL URI or Npgsql connection string.</exception>
    public static NpgsqlConnectionStringBuilder ReadPostgres(string connection)
    {
        var scheme = UriSchemes.FirstOrDefault(scheme => connection.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        if (scheme is not null)
            return ReadUri(connection[scheme.Length..]);
        try
        {
            return new NpgsqlConnectionStringBuilder(connection);
        }
        // The cause is left out on purpose: its message may quote values.
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            var keyword = e is ArgumentException { ParamName: { } name } ? $" near the keyword '{name}'" : "";
            throw new ArgumentException($"The PostgreSQL connection string cannot be read{keyword}: it takes keyword=value pairs like Host=..;Database=..");
        }
    }

    /// <returns>The absolute path of a SQLite file.</returns>
    /// <exception cref="ArgumentException">The text is no file path.</exception>
    public static string ReadSqlitePath(string connection)
    {
        var path = connection;
        if (path.StartsWith("Data Source=", StringComparison.OrdinalIgnoreCase))
            path = new SqliteConnectionStringBuilder(path).DataSource;
        else if (path.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase))
            path = path["sqlite:".Length..] is var rest && rest.StartsWith("///", StringComparison.Ordinal) ? rest[2..] : rest;
        if (path.Contains("://", StringComparison.Ordinal))
            throw new ArgumentException("The database is no postgres:// URI and no file path: its scheme is unknown");
        if (path.Contains(":memory:", StringComparison.OrdinalIgnoreCase) || path.Length == 0)
            throw new ArgumentException("A SQLite database needs a file: one in memory cannot be read while it is written");
        return Path.GetFullPath(path);
    }

    private static bool HasHostKeyword(string connection) =>
        connection.Split(';').Any(pair => pair.Split('=') is [var keyword, _, ..]
            && keyword.Trim().ToLowerInvariant() is "host" or "server");

    private static NpgsqlConnectionStringBuilder ReadUri(string rest)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (beforeQuery, query) = Cut(rest, rest.IndexOf('?'));
        var (authority, database) = Cut(beforeQuery, beforeQuery.IndexOf('/'));
        // The last @ ends the user part, so that a password with an unescaped @ still works.
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], authority[..at].IndexOf(':'));
            builder.Username = Uri.UnescapeDataString(user);
            if (password.Length > 0)
                builder.Password = Uri.UnescapeDataString(password);
        }
        ReadHost(authority[(at + 1)..], builder);
        if (database.Length > 0)
            builder.Database = Uri.UnescapeDataString(database);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(pair, pair.IndexOf('='));
            ReadParameter(Uri.UnescapeDataString(name), Uri.UnescapeDataString(value), builder);
        }
        if (string.IsNullOrEmpty(builder.Host))
            throw new ArgumentException("The postgres:// URI names no host");
        return builder;
    }

    private static void ReadHost(string host, NpgsqlConnectionStringBuilder builder)
    {
        if (host.Contains(',', StringComparison.Ordinal))
        {
            builder.Host = host; // several servers: Npgsql reads host:port,host:port itself
            return;
        }
        var colon = host.LastIndexOf(':');
        var hasPort = colon >= 0 && colon > host.LastIndexOf(']');
        builder.Host = Uri.UnescapeDataString(hasPort ? host[..colon] : host).Trim('[', ']');
        if (!hasPort)
            return;
        if (!ushort.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            throw new ArgumentException("The port of the postgres:// URI is no number from 1 to 65535");
        builder.Port = port;
    }

    // libpq's names; whatever else Npgsql understands goes by Npgsql's own name.
    private static void ReadParameter(string name, string value, NpgsqlConnectionStringBuilder builder)
    {
        try
        {
            builder[name switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "sslcert" => "SSL Certificate",
                "sslkey" => "SSL Key",
                "application_name" => "Application Name",
                "connect_timeout" => "Timeout",
                "host" => "Host",
                "port" => "Port",
                "user" => "Username",
                "password" => "Password",
                "dbname" => "Database",
                "options" => "Options",
                "target_session_attrs" => "Target Session Attributes",
                _ => name,
            }] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        // The cause is left out on purpose: its message may quote values.
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            throw new ArgumentException($"The parameter '{name}' of the postgres:// URI is unknown or its value cannot be read");
        }
    }

    private static (string Before, string After) Cut(string text, int index) =>
        index < 0 ? (text, "") : (text[..index], text[(index + 1)..]);
}
