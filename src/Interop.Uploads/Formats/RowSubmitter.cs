namespace Interop.Uploads.Formats;

/// <summary>A stored row.</summary>
/// <param name="Fields">One per column of the format.</param>
internal sealed record FileRow(long Line, string[] Fields, int Attempts);

internal enum OutcomeKind
{
    Succeeded,

    /// <summary>The upstream refused the row; repeating it gives the same answer.</summary>
    Refused,

    /// <summary>The upstream did not answer, or asked to wait: the row is submitted again.</summary>
    Unavailable,

    /// <summary>The upstream refuses every row, for instance because of wrong credentials: the file stops.</summary>
    Stop,
}

/// <summary>What became of a submitted row.</summary>
/// <param name="Outcome">The ids on the upstream as JSON.</param>
/// <param name="UnknownTerms">Terms without a code.</param>
internal sealed record RowOutcome(
    OutcomeKind Kind,
    string? Outcome = null,
    string? Error = null,
    TimeSpan? RetryAfter = null,
    IReadOnlyList<string>? UnknownTerms = null
)
{
    public static RowOutcome Refused(string error) => new(OutcomeKind.Refused, Error: error);

    public static RowOutcome Unavailable(string error, TimeSpan? retryAfter = null) =>
        new(OutcomeKind.Unavailable, Error: error, RetryAfter: retryAfter);

    public static RowOutcome Stop(string error) => new(OutcomeKind.Stop, Error: error);
}

/// <summary>Rows that must be submitted together, in order.</summary>
/// <param name="LockKey">One file at a time submits groups of this key, over all processes; null when files are independent of each
/// other.</param>
internal sealed record RowGroup(string? LockKey, IReadOnlyList<FileRow> Rows);

/// <summary>Submits rows of one file to an upstream. Submitting a row again must not double anything there.</summary>
internal interface IRowSubmitter
{
    /// <summary>Null when the upstream is configured; else the setting that is missing.</summary>
    string? NotConfigured { get; }

    int Parallelism { get; }

    /// <summary>Finds out what the upstream supports, before the first row.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>The rows in groups, which are submitted at the same time.</summary>
    IEnumerable<RowGroup> Group(IReadOnlyList<FileRow> rows);

    /// <summary>One outcome per row.</summary>
    Task<IReadOnlyList<RowOutcome>> SubmitAsync(RowGroup group, CancellationToken cancellationToken);
}

/// <summary>A kind of file: its format and its submitter.</summary>
internal interface IFileKind
{
    FileKind Kind { get; }

    /// <summary>Whether a row's data is erased after success.</summary>
    bool ErasesData { get; }

    /// <exception cref="UnknownProfileException">There is no such profile.</exception>
    FileFormat Format(string? profile);

    IRowSubmitter Submitter(string? profile);

    /// <summary>What the row would become, without storing or sending anything.</summary>
    /// <param name="fields">One per column of the format.</param>
    Task<PreviewRow> PreviewAsync(FileFormat format, long line, string[] fields, CancellationToken cancellationToken);

    /// <summary>The key of a record that must be submitted once over all files; null when rows need none.</summary>
    string? RecordKey(string[] fields);
}

/// <summary>A request names a mapping profile that does not exist.</summary>
internal sealed class UnknownProfileException(string message) : Exception(message);
