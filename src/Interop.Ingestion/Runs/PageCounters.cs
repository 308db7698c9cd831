namespace Interop.Ingestion.Runs;

/// <summary>Which counter to increment for a resource that this run did not write.</summary>
internal enum SeenAs
{
    Unchanged,
    Invalid,
    TransformError,
    LoadError,

    /// <summary>An include or a fetched patient: it is not counted as fetched.</summary>
    NotCounted,
}

/// <summary>What one page adds to a run's counters.</summary>
internal sealed class PageCounters
{
    public long Fetched { get; set; }

    public long Validated { get; set; }

    public long Invalid { get; set; }

    public long TransformErrors { get; set; }

    public long Upserted { get; set; }

    public long Unchanged { get; set; }

    public long Refetched { get; set; }

    public long LoadErrors { get; set; }

    public long DeadLetters { get; set; }

    public long Deleted { get; set; }

    public long Included { get; set; }

    public long PatientsFetched { get; set; }

    public long PatientsUpserted { get; set; }

    /// <summary>Counts one resource that was fetched and written.</summary>
    public void CountWritten()
    {
        Fetched++;
        Validated++;
        Upserted++;
    }

    /// <summary>A resource that the run has counted as a failure is written: takes the failure back.</summary>
    public void Recover(SeenAs failure)
    {
        Refetched++;
        Upserted++;
        switch (failure)
        {
            case SeenAs.Invalid:
                Invalid--;
                Validated++;
                break;
            case SeenAs.TransformError:
                TransformErrors--;
                break;
            default:
                LoadErrors--;
                break;
        }
    }

    /// <summary>Counts one resource that was fetched and not written.</summary>
    public void Count(SeenAs seen)
    {
        if (seen == SeenAs.NotCounted)
            return;
        Fetched++;
        if (seen == SeenAs.Invalid)
        {
            Invalid++;
            return;
        }

        Validated++;
        switch (seen)
        {
            case SeenAs.Unchanged:
                Unchanged++;
                break;
            case SeenAs.TransformError:
                TransformErrors++;
                break;
            default:
                LoadErrors++;
                break;
        }
    }
}

/// <summary>How far a run has come with a page: what the page changes in the run's row beside the counters.</summary>
/// <param name="Total">How many resources the server says the search has.</param>
/// <param name="ServerDate">The server's clock at the run's first answer.</param>
/// <param name="Cursor">Where a search may begin anew once the page is committed; null: only at the run's start.</param>
/// <param name="Watermark">The highest <c>_lastUpdated</c> up to this page, never after <paramref name="ServerDate"/>.</param>
/// <param name="ReplayCursor">In a replay: the last dead letter of the page.</param>
/// <param name="Part">How far the page brings its part of the run.</param>
internal readonly record struct PagePosition(
    long? Total = null,
    DateTimeOffset? ServerDate = null,
    DateTimeOffset? Cursor = null,
    DateTimeOffset? Watermark = null,
    long? ReplayCursor = null,
    PartPosition? Part = null
);
