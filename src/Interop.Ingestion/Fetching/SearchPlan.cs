using System.Globalization;

namespace Interop.Ingestion.Fetching;

/// <summary>What a run asks its server for.</summary>
/// <param name="PatientId">Only this patient's resources.</param>
/// <param name="Since">Where the run's first search begins; null: everything.</param>
/// <param name="Until">Where the search ends; null: nowhere.</param>
/// <param name="Overlap">How far before a cursor a search begins anew.</param>
internal sealed record SearchPlan(
    string ResourceType,
    string? PatientId,
    DateTimeOffset? Since,
    TimeSpan Overlap,
    int PageSize,
    DateTimeOffset? Until = null
)
{
    /// <summary>The search from <paramref name="cursor"/> - overlap on, or from the start.</summary>
    /// <param name="cursor">The highest committed <c>_lastUpdated</c>.</param>
    /// <param name="byTime">Whether the server can search and sort by <c>_lastUpdated</c>.</param>
    public Uri Url(DateTimeOffset? cursor, bool byTime)
    {
        var url = $"{ResourceType}?_count={PageSize}";
        if (byTime)
            url += "&_sort=_lastUpdated";
        if (PatientId is not null)
            url += $"&{PatientParameter}=Patient/{Uri.EscapeDataString(PatientId)}";
        if (byTime && From(cursor) is { } from)
            url += $"&_lastUpdated=ge{Uri.EscapeDataString(Instant(from))}";
        if (byTime && Until is { } until)
            url += $"&_lastUpdated=lt{Uri.EscapeDataString(Instant(until))}";
        return new Uri(url, UriKind.Relative);
    }

    /// <summary>The instant an overlap before another one; the first of all instants where there is none earlier.</summary>
    public static DateTimeOffset? Before(DateTimeOffset? at, TimeSpan overlap) =>
        at - DateTimeOffset.MinValue < overlap ? DateTimeOffset.MinValue : at - overlap;

    private string PatientParameter => ResourceType is "Observation" or "Encounter" or "Condition" ? "subject" : "patient";

    private DateTimeOffset? From(DateTimeOffset? cursor)
    {
        var resumed = Before(cursor, Overlap);
        return resumed is null || (Since is { } since && since > resumed) ? Since : resumed;
    }

    // Truncated to milliseconds, which every server understands. Rounding up would lose the resources in between.
    private static string Instant(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
