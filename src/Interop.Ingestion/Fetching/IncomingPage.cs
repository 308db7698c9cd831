using Interop.Fhir.Client;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Fetching;

/// <summary>What an entry of a page is to the run.</summary>
internal enum EntryKind
{
    /// <summary>A resource of the type that the run asked for.</summary>
    Match,

    /// <summary>An included resource (<c>search.mode</c> include): loaded under its own type, not counted as fetched.</summary>
    Include,

    /// <summary>A patient that the run fetched because its resources point to it.</summary>
    MissingPatient,

    /// <summary>The server deleted the resource (a history entry with DELETE).</summary>
    Deletion,

    /// <summary>No resource, or a resource of another type.</summary>
    Malformed,
}

/// <summary>One resource as received.</summary>
/// <param name="Raw">The bytes as received, a slice of the page.</param>
/// <param name="Header">What identifies it.</param>
/// <param name="Kind">What it is to the run.</param>
/// <param name="Problem">For <see cref="EntryKind.Malformed"/>: what is wrong.</param>
/// <param name="LetterId">In a replay: the dead letter it comes from.</param>
/// <param name="Place">Where in a file it is.</param>
internal sealed record IncomingResource(
    ReadOnlyMemory<byte> Raw,
    ResourceHeader Header,
    EntryKind Kind,
    string? Problem = null,
    long? LetterId = null,
    ResourcePlace? Place = null
);

/// <summary>Where a resource is in a file.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Line">The first line is 1.</param>
/// <param name="Entry">In a Bundle: the first entry is 1.</param>
internal readonly record struct ResourcePlace(string File, long Line, int? Entry = null)
{
    /// <inheritdoc/>
    public override string ToString() => Entry is { } entry ? $"{File}, entry {entry}" : $"{File}, line {Line}";
}

/// <summary>A page of a run's input, from any kind of source. Disposing it ends the life of its resources' bytes.</summary>
internal sealed class IncomingPage(IReadOnlyList<IncomingResource> resources, IDisposable? body = null) : IDisposable
{
    /// <summary>In the order of the page.</summary>
    public IReadOnlyList<IncomingResource> Resources { get; } = resources;

    /// <summary>Texts of OperationOutcomes, and what the search found out about the server.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the page changes in the run's row beside the counters.</summary>
    public PagePosition Position { get; set; }

    /// <inheritdoc/>
    public void Dispose() => body?.Dispose();
}

/// <summary>Where a run's pages come from.</summary>
internal interface IPageSource
{
    /// <summary>Each page once, in order; ends when there are no more.</summary>
    IAsyncEnumerable<IncomingPage> PagesAsync(CancellationToken cancellationToken);

    /// <summary>Called once, when every page is committed: releases what the source uses on the server.</summary>
    Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
