namespace Interop.Ingestion.Runs;

/// <summary>A row of <c>run_parts</c>: one piece of what a run reads, such as a file, and how far the run has come with it.</summary>
internal sealed class RunPart
{
    public int Part { get; set; }

    /// <summary>One of <see cref="RunPartKind"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>A path, a URL, or a period.</summary>
    public string Name { get; set; } = "";

    /// <summary>Changes with the content: size and time of a file, or an ETag; null when it is not known.</summary>
    public string? Fingerprint { get; set; }

    /// <summary>How many resources it has; null when that is not known before its end.</summary>
    public long? Expected { get; set; }

    /// <summary>The first instant of a period.</summary>
    public DateTimeOffset? FromAt { get; set; }

    /// <summary>The end of a period, which does not belong to it; null: no end.</summary>
    public DateTimeOffset? ToAt { get; set; }

    /// <summary>Resources or entries that were read.</summary>
    public long Position { get; set; }

    /// <summary>Where a search of the period begins anew.</summary>
    public DateTimeOffset? Cursor { get; set; }

    public bool IsDone { get; set; }
}

/// <summary>The values of <c>run_parts.kind</c>.</summary>
internal static class RunPartKind
{
    /// <summary>A file of this machine.</summary>
    public const string File = "file";

    /// <summary>Resources of a bulk export.</summary>
    public const string Output = "output";

    /// <summary>Deletions of a bulk export.</summary>
    public const string Deleted = "deleted";

    /// <summary>OperationOutcomes of a bulk export.</summary>
    public const string Outcome = "outcome";

    /// <summary>A period of <c>_lastUpdated</c>.</summary>
    public const string Window = "window";
}

/// <summary>How far a page brings its part.</summary>
/// <param name="Part">The part's number.</param>
/// <param name="Position">Resources or entries of the part that are settled with the page.</param>
/// <param name="IsDone">The page is the part's last.</param>
/// <param name="Cursor">Where a search of the part begins anew.</param>
/// <param name="Fingerprint">Changes with the part's content; null leaves it as it was.</param>
internal readonly record struct PartPosition(
    int Part,
    long Position,
    bool IsDone,
    DateTimeOffset? Cursor = null,
    string? Fingerprint = null
)
{
    /// <summary>Resources or entries that were settled before the page, as its worker knows. Several workers load the partitions of one
    /// run, and each page checks that no other worker has moved its partition. Null: the run has one worker.</summary>
    public long? Before { get; init; }
}

/// <summary>How many parts a run has, and how many of them are settled.</summary>
internal sealed record PartCount(long Total, long Done);
