using System.Runtime.CompilerServices;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>The pages of one partition of a first load: a search over a period of <c>_lastUpdated</c> with a cursor of its own.</summary>
/// <param name="part">The period, and how far it is read.</param>
/// <param name="search">The search of the period, from its cursor on.</param>
internal sealed class PartitionSource(RunPart part, IPageSource search) : IPageSource
{
    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (settled, cursor, highest) = (part.Position, part.Cursor, part.Cursor);
        await foreach (var page in search.PagesAsync(cancellationToken).WithCancellation(cancellationToken))
        {
            var before = settled;
            settled += page.Resources.Count;
            cursor = page.Position.Cursor;
            highest = page.Position.Watermark ?? highest;
            page.Position = Position(before, isDone: false, cursor, page.Position.ServerDate);
            yield return page;
        }

        // The last page has the highest instant as the cursor: the run's watermark is taken from it.
        yield return new IncomingPage([]) { Position = Position(settled, isDone: true, highest) };

        PagePosition Position(long before, bool isDone, DateTimeOffset? at, DateTimeOffset? serverDate = null) =>
            new(ServerDate: serverDate, Part: new PartPosition(part.Part, settled, isDone, at) { Before = before });
    }
}
