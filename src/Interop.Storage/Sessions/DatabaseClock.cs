using System.Globalization;

namespace Interop.Storage;

/// <summary>The database's own time in statements: processes with different clocks compare leases by it.</summary>
public static class DatabaseClock
{
    /// <summary>The expression of the present time, in the form in which instants are stored.</summary>
    public static string Now(this DbSession session) =>
        session.Dialect == SqlDialect.Postgres ? "clock_timestamp()" : "(strftime('%Y-%m-%dT%H:%M:%f', 'now') || '0000Z')";

    /// <summary>The expression of the time a span ago.</summary>
    public static string Ago(this DbSession session, TimeSpan span)
    {
        var seconds = span.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        return session.Dialect == SqlDialect.Postgres
            ? $"(clock_timestamp() - interval '{seconds} seconds')"
            : $"(strftime('%Y-%m-%dT%H:%M:%f', 'now', '-{seconds} seconds') || '0000Z')";
    }
}
