using Interop.Fhir.Client;

namespace Interop.Ingestion.Fetching;

/// <summary>What an entry of a page is to the run.</summary>
internal enum EntryKind
{
    /// <summary>What was asked for.</summary>
    Match,

    /// <summary>Came along (<c>search.mode</c> include), loaded under its own type and not counted as fetched.</summary>
    Include,

    /// <summary>A patient that the run fetched because its resources point to it.</summary>
    MissingPatient,

    /// <summary>The server deleted it (a history entry with DELETE).</summary>
    Deletion,

    /// <summary>No resource, or one of another type.</summary>
    Malformed,
}

/// <summary>One resource as it came.</summary>
/// <param name="Raw">The bytes as received, a slice of the page.</param>
/// <param name="Header">What identifies it.</param>
/// <param name="Kind">What it is to the run.</param>
/// <param name="Problem">For <see cref="EntryKind.Malformed"/>: what is wrong.</param>
/// <param name="LetterId">For a replay: the dead letter it comes from.</param>
internal sealed record IncomingResource(
    ReadOnlyMemory<byte> Raw,
    ResourceHeader Header,
    EntryKind Kind,
    string? Problem = null,
    long? LetterId = null);

/// <summary>A page of a run's input, from a search or from dead letters; slices die with it.</summary>
internal sealed class IncomingPage(IReadOnlyList<IncomingResource> resources, IDisposable? body = null) : IDisposable
{
    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<IncomingResource> Resources { get; } = resources;

    /// <summary>OperationOutcomes on the way, and what the search noticed about the server.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the server says the search holds.</summary>
    public long? Total { get; init; }

    /// <summary>The server's clock at the run's first answer.</summary>
    public DateTimeOffset? ServerDate { get; init; }

    /// <summary>Where a search may begin anew once this page is committed; null: only at the run's start.</summary>
    public DateTimeOffset? Cursor { get; init; }

    /// <summary>The highest <c>_lastUpdated</c> up to this page, never past <see cref="ServerDate"/>.</summary>
    public DateTimeOffset? Watermark { get; init; }

    /// <summary>For a replay: the last letter of this page.</summary>
    public long? ReplayCursor { get; init; }

    /// <inheritdoc/>
    public void Dispose() => body?.Dispose();
}

/// <summary>Where a run's pages come from.</summary>
internal interface IPageSource
{
    /// <summary>Every page once, in order; ends when there are no more.</summary>
    IAsyncEnumerable<IncomingPage> PagesAsync(CancellationToken cancellationToken);
}
