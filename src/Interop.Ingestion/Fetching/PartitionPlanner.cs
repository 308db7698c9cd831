using System.Globalization;
using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// Splits a type into periods of <c>_lastUpdated</c> with about the same number of resources, by the server's own counts. The first and the
/// last period have no outer bound, and the counts must add up: no resource may be between two periods or in none.
/// </summary>
internal sealed class PartitionPlanner(FhirClient client, RunWaits waits, string resourceType)
{
    private const int MaxQuestions = 200;
    private const int Tolerance = 1000;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly record struct Period(DateTimeOffset From, DateTimeOffset To, long Count);

    private int _questions;

    /// <summary>The server's clock at its first answer; null before it, and when the server does not tell.</summary>
    public DateTimeOffset? ServerDate { get; private set; }

    /// <summary>The periods as parts of a run; none when the type is small, or the server's counts do not allow to split it.</summary>
    /// <param name="partitions">How many periods at most.</param>
    /// <param name="smallest">A type with fewer resources is not split.</param>
    /// <param name="cancellationToken">Ends the questions to the server.</param>
    public async Task<List<RunPart>> PlanAsync(int partitions, long smallest, CancellationToken cancellationToken)
    {
        if (partitions < 2 || await CountAsync(null, null, cancellationToken) is not { } total || total < smallest)
            return [];
        if (
            await EdgeAsync("_lastUpdated", cancellationToken) is not { } first
            || await EdgeAsync("-_lastUpdated", cancellationToken) is not { } last
        )
            return [];

        // A server that ignores the condition counts everything.
        if (await CountAsync(null, Truncate(first), cancellationToken) != 0)
            return [];

        var whole = new Period(Truncate(first), Truncate(last) + TimeSpan.FromMilliseconds(1), total);
        var pieces = await SplitAsync(whole, Math.Max(1, total / (partitions * 2)), cancellationToken);
        var bounds = Join(pieces, total, partitions);
        if (bounds.Count == 0)
            return [];

        var parts = new List<RunPart>();
        for (var i = 0; i <= bounds.Count; i++)
        {
            var from = i == 0 ? (DateTimeOffset?)null : bounds[i - 1];
            var to = i == bounds.Count ? (DateTimeOffset?)null : bounds[i];
            parts.Add(
                new RunPart
                {
                    Part = i + 1,
                    Kind = RunPartKind.Window,
                    Name = $"{(from is null ? "" : Text(from.Value))}..{(to is null ? "" : Text(to.Value))}",
                    FromAt = from,
                    ToAt = to,
                    Expected = await CountAsync(from, to, cancellationToken),
                }
            );
        }

        // Some more are resources that were written meanwhile. Fewer, or many more: the server does not search by time as it should.
        var sum = parts.Sum(p => p.Expected ?? 0);
        return sum >= total && sum <= total + (total / 100) + Tolerance ? parts : [];
    }

    /// <summary>Halves a period until each piece has few enough resources, or is as short as a second.</summary>
    private async Task<List<Period>> SplitAsync(Period period, long most, CancellationToken cancellationToken)
    {
        var length = period.To - period.From;
        if (period.Count <= most || length <= Shortest || _questions >= MaxQuestions)
            return [period];
        var middle = Truncate(period.From + (length / 2));
        var left = await CountAsync(period.From, middle, cancellationToken) ?? 0;
        return
        [
            .. await SplitAsync(new Period(period.From, middle, left), most, cancellationToken),
            .. await SplitAsync(new Period(middle, period.To, Math.Max(0, period.Count - left)), most, cancellationToken),
        ];
    }

    /// <summary>The bounds between partitions of about the same size.</summary>
    private static List<DateTimeOffset> Join(List<Period> pieces, long total, int partitions)
    {
        var bounds = new List<DateTimeOffset>();
        var passed = 0L;
        foreach (var piece in pieces.SkipLast(1))
        {
            passed += piece.Count;
            if (bounds.Count < partitions - 1 && passed >= total * (bounds.Count + 1) / partitions)
                bounds.Add(piece.To);
        }

        return bounds;
    }

    private async Task<long?> CountAsync(DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        _questions++;
        var url = $"{resourceType}?_summary=count";
        if (from is { } since)
            url += $"&_lastUpdated=ge{Uri.EscapeDataString(Text(since))}";
        if (to is { } until)
            url += $"&_lastUpdated=lt{Uri.EscapeDataString(Text(until))}";
        using var answer = await waits.GetPageAsync(client, new Uri(url, UriKind.Relative), cancellationToken);
        ServerDate ??= answer.ServerDate;
        return answer.Bundle.ResourceType == "Bundle" ? answer.Bundle.Total : null;
    }

    /// <summary>The instant of the first resource in an order.</summary>
    private async Task<DateTimeOffset?> EdgeAsync(string sort, CancellationToken cancellationToken)
    {
        var url = new Uri($"{resourceType}?_sort={sort}&_count=1", UriKind.Relative);
        using var answer = await waits.GetPageAsync(client, url, cancellationToken);
        return answer.Bundle.Entries.FirstOrDefault(e => !e.Resource.IsEmpty) is { Resource.IsEmpty: false } entry
            ? ResourceHeader.Read(entry.Resource.Span).LastUpdated
            : null;
    }

    // Milliseconds, which every server understands.
    private static DateTimeOffset Truncate(DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
