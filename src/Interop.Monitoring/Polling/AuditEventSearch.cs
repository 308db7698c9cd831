using System.Globalization;
using System.Runtime.CompilerServices;
using Interop.Fhir.Client;

namespace Interop.Polling;

/// <summary>Reads a source's AuditEvents from an instant on, page by page, the oldest first.</summary>
public static class AuditEventSearch
{
    private const int MostRestarts = 3;

    /// <summary>
    /// Follows next until there is none. When a page has expired, the search begins anew at <paramref name="beginAt"/>; the store
    /// recognises repeated events. The caller disposes of each page.
    /// </summary>
    /// <exception cref="FhirRequestException">The server refused, or pages expired again and again without progress.</exception>
    public static async IAsyncEnumerable<FhirPage> PagesAsync(
        FhirClient client,
        Func<DateTimeOffset> beginAt,
        int batch,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var since = beginAt();
        var first = First(since, batch);
        var next = first;
        for (var restarts = 0; next is not null; )
        {
            FhirPage? page = null;
            try
            {
                page = await client.GetPageAsync(next, cancellationToken);
            }
            catch (FhirRequestException e) when (e.IsGone && next != first && restarts < MostRestarts)
            {
                restarts++;
            }

            if (page is null)
            {
                var from = beginAt();
                if (from > since)
                    restarts = 0; // progress since the last begin
                since = from;
                next = first = First(since, batch);
                continue;
            }

            next = page.Bundle.Next is { } link ? new Uri(client.BaseUrl, link) : null;
            yield return page;
        }
    }

    // Cut off to milliseconds, which every server understands: earlier is safe.
    private static Uri First(DateTimeOffset since, int batch) =>
        new(
            $"AuditEvent?_lastUpdated=ge{Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))}&_sort=_lastUpdated&_count={batch}",
            UriKind.Relative
        );
}
