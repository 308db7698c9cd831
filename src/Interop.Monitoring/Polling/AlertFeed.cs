using System.Globalization;
using Interop.Anomaly;
using Interop.Anomaly.Alerts;
using Interop.Storage;

namespace Interop.Polling;

/// <summary>
/// The MEDIUM and HIGH alerts of all sources in the order in which they were committed. A position names the last number of each source
/// (<c>clinic-7,default-42</c>). Numbers are given in commit order, so no alert is skipped.
/// </summary>
public static class AlertFeed
{
    /// <summary>The alerts after the position.</summary>
    /// <param name="session">A read.</param>
    /// <param name="position">Of an earlier answer; null, or text that is no position: the present end.</param>
    /// <param name="limit">The largest number of alerts per source.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<AlertFeedPage> ReadAsync(DbSession session, string? position, int limit, CancellationToken cancellationToken)
    {
        var ends = await PollerStore.ListEndsAsync(session, cancellationToken);
        var reached = Parse(position) ?? ends.ToDictionary(e => e.Source, e => e.Events, StringComparer.Ordinal);
        var items = new List<AlertFeedItem>();
        foreach (var (source, end) in ends)
        {
            var from = reached.GetValueOrDefault(source);
            if (end <= from)
                continue;
            var found = await AuditEventStore.ListBetweenAsync(session, source, from, end, limit, cancellationToken);
            foreach (var (number, alert) in found)
            {
                reached[source] = number;
                items.Add(new AlertFeedItem(alert, Format(reached)));
            }

            if (found.Count < limit)
                reached[source] = end;
        }

        return new AlertFeedPage([.. items], Format(reached));
    }

    private static string Format(Dictionary<string, long> reached) =>
        string.Join(',', reached.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{Uri.EscapeDataString(r.Key)}-{r.Value}"));

    private static Dictionary<string, long>? Parse(string? position)
    {
        if (position is null)
            return null;
        var reached = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var part in position.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.LastIndexOf('-');
            if (dash <= 0 || !long.TryParse(part.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            reached[Uri.UnescapeDataString(part[..dash])] = number;
        }

        return reached;
    }
}
