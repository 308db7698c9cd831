using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Interop.Storage;

/// <summary>
/// <c>x IN @List</c> on both dialects: on SQLite Dapper writes the list out, one parameter for each element; on PostgreSQL it leaves the
/// statement alone and the list is one array parameter, which wants <c>= ANY(@List)</c>.
/// </summary>
internal static partial class ListParameters
{
    private static readonly ConcurrentDictionary<string, string> Rewritten = new(StringComparer.Ordinal);

    public static string ForPostgres(string sql) =>
        sql.Contains("IN @", StringComparison.Ordinal) ? Rewritten.GetOrAdd(sql, Rewrite) : sql;

    private static string Rewrite(string sql) =>
        InList().Replace(sql, match => match.Groups["not"].Success ? $"<> ALL({match.Groups["list"]})" : $"= ANY({match.Groups["list"]})");

    [GeneratedRegex(@"\b(?<not>NOT )?IN (?<list>@\w+)")]
    private static partial Regex InList();
}
