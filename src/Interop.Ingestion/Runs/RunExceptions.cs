using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The run cannot continue, and a repetition would not help. The message is for the run's caller.</summary>
public sealed class IngestionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another worker has claimed the run, or the run was cancelled: this worker stops.</summary>
public sealed class LeaseLostException(long runId) : Exception($"run {runId} has another owner or has ended");

/// <summary>The database crashed and lost the last pages that it had committed: the run continues from what the database kept.</summary>
public sealed class PagesLostException(long runId, long known, long stored)
    : DatabaseException($"the database holds {stored} pages of run {runId}, of {known} that it had committed", null);
