using Interop.Storage;

namespace Interop.Ingestion.Runs;

/// <summary>The run cannot continue, and a repetition would not help. The message is for the run's caller.</summary>
public sealed class IngestionException : Exception
{
    /// <param name="message">For the run's row and its caller.</param>
    /// <param name="failure">One of <see cref="RunFailure"/>.</param>
    /// <param name="logMessage">The message without the words of the server, which may name a patient; null: the message has none.</param>
    public IngestionException(string message, string failure, string? logMessage = null)
        : base(message)
    {
        Failure = failure;
        LogMessage = logMessage ?? message;
    }

    /// <summary>One of <see cref="RunFailure"/>.</summary>
    public string Failure { get; }

    /// <summary>The message for the log.</summary>
    public string LogMessage { get; }

    /// <summary>The server's answers cannot be used.</summary>
    internal static IngestionException Upstream(string reason, string? logReason = null) =>
        new($"{UpstreamPrefix}{reason}", RunFailure.Upstream, logReason is null ? null : $"{UpstreamPrefix}{logReason}");

    internal const string UpstreamPrefix = "Upstream FHIR request failed: ";
}

/// <summary>Another worker has claimed the run, or the run was cancelled: this worker stops.</summary>
public sealed class LeaseLostException(long runId) : Exception($"run {runId} has another owner or has ended");

/// <summary>The database crashed and lost the last pages that it had committed: the run continues from what the database kept.</summary>
public sealed class PagesLostException(long runId, long known, long stored)
    : DatabaseException($"the database holds {stored} pages of run {runId}, of {known} that it had committed", null);

/// <summary>A partition is not where its worker left it: the database crashed and lost its last pages, or another worker loads it. The
/// partition continues from what the database holds.</summary>
public sealed class PartitionMovedException(long runId, int part, long? known, long stored)
    : DatabaseException($"the database holds {stored} resources of partition {part} of run {runId}, its worker knows of {known}", null);
