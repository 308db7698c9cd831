using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The run cannot go on, and asking again would not help: what is wrong, as its caller will read it.</summary>
public sealed class IngestionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another activation, or a cancellation, has taken the run away: this writer stops without a word.</summary>
public sealed class LeaseLostException(long runId) : Exception($"run {runId} is not this writer's any more");

/// <summary>The database crashed and forgot the last pages that it had committed: the run goes on from what it kept.</summary>
public sealed class PagesLostException(long runId, long known, long stored)
    : DatabaseException($"the database holds {stored} pages of run {runId}, of {known} that it had committed", null);
