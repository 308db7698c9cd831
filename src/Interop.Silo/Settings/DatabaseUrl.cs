using Interop.Storage;
using Interop.Storage.Connections;

namespace Interop.Silo.Settings;

/// <summary>Checks <c>DB_URL</c>. No message repeats the value: it may hold a password.</summary>
internal static class DatabaseUrl
{
    private const string Takes =
        "must be a PostgreSQL URI (postgres://user:password@host:5432/database), an Npgsql connection string (Host=...;Database=...), or a SQLite file that ends in .db, .sqlite or .sqlite3";

    private const string Escape =
        "has a user or password with characters that a URI cannot hold as they are: write @ as %40, : as %3A, / as %2F, ? as %3F and # as %23";

    private static readonly string[] FileEndings = [".db", ".sqlite", ".sqlite3"];

    /// <summary>What is wrong with it, to follow its name; null when it can be used.</summary>
    public static string? Problem(string url)
    {
        if (IsPostgresUri(url))
        {
            var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
            var end = rest.IndexOfAny(['/', '?', '#']);
            // An @ after the first of these marks belongs to a password that holds the mark.
            if (rest.Contains('#') || (end >= 0 && rest.IndexOf('@', end) >= 0))
                return Escape;
        }
        else if (url.Contains("://", StringComparison.Ordinal) && !url.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase))
        {
            return Takes;
        }

        try
        {
            return IsPostgres(url) || IsSqliteFile(url) ? null : Takes;
        }
        catch (ArgumentException e)
        {
            return $"cannot be used: {e.Message}";
        }
    }

    /// <exception cref="ArgumentException">It cannot be read.</exception>
    public static bool IsPostgres(string url) =>
        DatabaseProviders.ForOrleans(new DatabaseOptions { Connection = url }).Invariant == DatabaseProviders.PostgresInvariant;

    private static bool IsPostgresUri(string url) =>
        url.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    private static bool IsSqliteFile(string url) =>
        url.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase) || url.StartsWith("Data Source=", StringComparison.OrdinalIgnoreCase)
        || Array.Exists(FileEndings, ending => url.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) || File.Exists(url);
}
