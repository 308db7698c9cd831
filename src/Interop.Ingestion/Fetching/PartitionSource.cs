using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// A first load by several searches at the same time, each over a period of <c>_lastUpdated</c>. Each period has its own cursor in the
/// database. A period that fails is tried again alone, from its cursor, when the others are read.
/// </summary>
/// <param name="parts">The periods.</param>
/// <param name="search">The search of a period, from its cursor on, given the server's clock at the run's first answer.</param>
/// <param name="maxParallel">Searches at the same time.</param>
/// <param name="retryDelay">The wait before failed periods are tried again.</param>
internal sealed class PartitionSource(
    List<RunPart> parts,
    Func<RunPart, DateTimeOffset?, IPageSource> search,
    int maxParallel,
    TimeSpan retryDelay,
    TimeProvider time
) : IPageSource
{
    private const int MaxTries = 3;

    private DateTimeOffset? _serverDate;
    private readonly long _total = parts.Sum(p => p.Expected ?? 0);

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var tries = 1; parts.Exists(p => !p.IsDone); tries++)
        {
            var runner = new PartRunner(maxParallel, ReadAsync);
            await foreach (var page in runner.ReadAsync([.. parts.Where(p => !p.IsDone)], cancellationToken))
                yield return page;
            if (runner.Failures.Count == 0)
                break;
            if (tries == MaxTries)
            {
                var (part, reason) = runner.Failures.First();
                var failed =
                    $"{runner.Failures.Count} of {parts.Count} partitions failed {MaxTries} times; the others are stored. {part.Name}";
                var logReason = reason switch
                {
                    FhirRequestException e => e.LogMessage,
                    IngestionException e => e.LogMessage,
                    _ => reason.GetType().Name,
                };
                throw IngestionException.Upstream($"{failed}: {reason.Message}", $"{failed}: {logReason}");
            }

            await Task.Delay(retryDelay, time, cancellationToken);
        }

        yield return new IncomingPage([]) { Position = new PagePosition(_total, Watermark: parts.Max(p => p.Cursor)) };
    }

    private async IAsyncEnumerable<IncomingPage> ReadAsync(RunPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var highest = part.Cursor;
        await foreach (var page in search(part, _serverDate).PagesAsync(cancellationToken).WithCancellation(cancellationToken))
        {
            var position = page.Position;
            _serverDate ??= position.ServerDate;
            part.Position += page.Resources.Count;
            part.Cursor = position.Cursor;
            highest = position.Watermark ?? highest;
            page.Position = new PagePosition(
                _total,
                position.ServerDate,
                Part: new PartPosition(part.Part, part.Position, IsDone: false, position.Cursor)
            );
            yield return page;
        }

        (part.Cursor, part.IsDone) = (highest, true);
        yield return new IncomingPage([])
        {
            Position = new PagePosition(_total, Part: new PartPosition(part.Part, part.Position, IsDone: true, highest)),
        };
    }
}
