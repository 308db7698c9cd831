using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Interop.Storage.Connections;

/// <summary>
/// Reads the setting that names a database. No message of this class repeats a part of the text: any part may belong to a password.
/// </summary>
public static class ConnectionText
{
    private const string Escaping =
        "a user name or password has characters that must be escaped: write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25";

    private static readonly string[] UriSchemes = ["postgres://", "postgresql://"];
    private static readonly string[] FileEndings = [".db", ".sqlite", ".sqlite3"];
    private static readonly string[] PathStarts = ["/", "./", "../", @"\\", @".\", @"..\"];

    // libpq's names for parameters of a URI, and Npgsql's names for the same.
    private static readonly Dictionary<string, string> UriParameters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
        ["options"] = "Options",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <summary>Which kind of database the text names. Nothing is opened or connected.</summary>
    /// <param name="connection">The value of the setting.</param>
    /// <param name="setting">The name of the setting, such as <c>DB_URL</c>, for the message.</param>
    /// <exception cref="ConnectionTextException">The text names no database. The message is one line and holds no part of the
    /// text.</exception>
    public static SqlDialect Check(string? connection, string setting) =>
        Read(connection, setting).Match(_ => SqlDialect.Postgres, _ => SqlDialect.Sqlite);

    /// <summary>Whether the text names a PostgreSQL server on another host.</summary>
    /// <exception cref="ConnectionTextException">The text names no database.</exception>
    public static bool IsRemote(string connection) =>
        Read(connection, "")
            .Match(
                settings => (settings.Host ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Any(host => !IsLocal(host.Trim())),
                _ => false
            );

    /// <summary>What is wrong with the text, to follow the setting's name; null when it names a database.</summary>
    public static string? Problem(string? connection)
    {
        try
        {
            Check(connection, "");
            return null;
        }
        catch (ConnectionTextException e)
        {
            return e.Problem;
        }
    }

    // A path names a Unix socket.
    private static bool IsLocal(string host) =>
        host.StartsWith('/')
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <exception cref="ConnectionTextException">The text names no database.</exception>
    internal static ConnectionTarget Read(string? connection, string setting)
    {
        try
        {
            return Read(connection ?? "");
        }
        catch (FaultException fault)
        {
            throw new ConnectionTextException(setting, fault.Message);
        }
    }

    private static ConnectionTarget Read(string connection)
    {
        if (string.IsNullOrWhiteSpace(connection))
            throw new FaultException("it is empty");
        if (UriSchemes.FirstOrDefault(scheme => StartsWith(connection, scheme)) is { } scheme)
            return new ConnectionTarget.Postgres(ReadUri(connection[scheme.Length..]));
        if (HasHostKeyword(connection))
            return new ConnectionTarget.Postgres(ReadKeywords(connection));
        return new ConnectionTarget.Sqlite(ReadSqlitePath(connection));
    }

    private static NpgsqlConnectionStringBuilder ReadKeywords(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection);
        }
        // The cause is left out: its message may quote values.
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw new FaultException(
                "its keyword=value pairs cannot be read: an unknown keyword, a value that does not fit, or a value with ; or = that is not in single quotes"
            );
        }
    }

    private static string ReadSqlitePath(string connection)
    {
        var path = connection;
        var isNamedAsFile = true;
        if (StartsWith(path, "Data Source="))
            path = ReadDataSource(path);
        else if (StartsWith(path, "sqlite:"))
            path = path["sqlite:".Length..] is var rest && StartsWith(rest, "///") ? rest[2..] : rest;
        else
            isNamedAsFile = false;
        if (path.Contains(":memory:", StringComparison.OrdinalIgnoreCase) || path.Length == 0)
            throw new FaultException("a SQLite database needs a file: a database in memory cannot be read while it is written");
        if (path.Contains("://", StringComparison.Ordinal))
            throw new FaultException("its scheme is unknown");
        if (!isNamedAsFile && !LooksLikePath(path))
            throw new FaultException("it has no scheme and is not the path of a file");
        return Path.GetFullPath(path);
    }

    private static string ReadDataSource(string connection)
    {
        try
        {
            return new SqliteConnectionStringBuilder(connection).DataSource;
        }
        catch (ArgumentException)
        {
            throw new FaultException("its keyword=value pairs are not those of a SQLite connection string");
        }
    }

    // A bare word is more often a mistake than the name of a file in the current folder.
    private static bool LooksLikePath(string path) =>
        !path.Contains('@', StringComparison.Ordinal)
        && (
            PathStarts.Any(start => StartsWith(path, start))
            || Path.IsPathFullyQualified(path)
            || FileEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
        );

    private static bool HasHostKeyword(string connection) =>
        connection
            .Split(';')
            .Any(pair => pair.Split('=') is [var keyword, _, ..] && keyword.Trim().ToLowerInvariant() is "host" or "server");

    private static NpgsqlConnectionStringBuilder ReadUri(string rest)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (beforeQuery, query) = Cut(rest, rest.IndexOf('?'));
        var (authority, database) = Cut(beforeQuery, beforeQuery.IndexOf('/'));
        // An @ after the host means that a / or ? of the password ended it too early.
        if (database.Contains('@', StringComparison.Ordinal) || query.Contains('@', StringComparison.Ordinal))
            throw new FaultException(Escaping);
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
            throw new FaultException("it names no host");
        return builder;
    }

    private static void ReadHost(string host, NpgsqlConnectionStringBuilder builder)
    {
        if (host.AsSpan().IndexOfAny("#\\ \"'") >= 0)
            throw new FaultException(Escaping);
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
            throw new FaultException("its port is not a number from 1 to 65535, or " + Escaping);
        builder.Port = port;
    }

    private static void ReadParameter(string name, string value, NpgsqlConnectionStringBuilder builder)
    {
        var isKnown = UriParameters.TryGetValue(name, out var keyword);
        try
        {
            builder[keyword ?? name] = keyword == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        // The cause is left out: its message may quote values.
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            throw new FaultException(
                isKnown
                    ? $"the value of its parameter {keyword} is not valid"
                    : $"it has an unknown parameter; known are {string.Join(", ", UriParameters.Keys)}, and Npgsql's own keywords"
            );
        }
    }

    private static bool StartsWith(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    private static (string Before, string After) Cut(string text, int index) =>
        index < 0 ? (text, "") : (text[..index], text[(index + 1)..]);

    /// <summary>What is wrong, before the setting's name is known.</summary>
    private sealed class FaultException(string message) : Exception(message);
}

/// <summary>A setting names no database. The message is one line: the setting, what is wrong and what the setting takes. It holds no
/// value.</summary>
public sealed class ConnectionTextException(string setting, string fault) : ArgumentException($"{setting} {Explain(fault)}")
{
    /// <summary>The name of the setting.</summary>
    public string Setting { get; } = setting;

    /// <summary>The message without the name of the setting.</summary>
    public string Problem { get; } = Explain(fault);

    private static string Explain(string fault) =>
        $"cannot be used: {fault}. It takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, an Npgsql connection string (Host=..;Database=..), "
        + "sqlite:PATH, or a file's path (that begins with / or ./, or ends in .db, .sqlite or .sqlite3)";
}
