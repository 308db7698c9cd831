namespace Interop.Ingestion.Preparing;

/// <summary>
/// In a first load nearly every resource is new, and asking the database for each of them costs as much as writing it. After a page that
/// was entirely new, the next pages are taken as new without the question. The loader then inserts them: the table's key refuses a page
/// with a stored resource, and the page is prepared again with the question. Pages are prepared in parallel.
/// </summary>
/// <param name="mayGuess">False for runs that mostly bring stored resources again.</param>
internal sealed class NewPageGuess(bool mayGuess)
{
    /// <summary>A wrong guess costs a page of work; a run that is wrong so often asks for every page.</summary>
    private const int MaxWrong = 3;

    private volatile bool _expectsNew;
    private int _wrong;

    /// <summary>Whether the next page is taken as new.</summary>
    public bool ExpectsNew => mayGuess && _expectsNew && Volatile.Read(ref _wrong) < MaxWrong;

    /// <summary>The database was asked for a page.</summary>
    public void Learn(bool isNew) => _expectsNew = isNew;

    /// <summary>The table refused a page that was taken as new.</summary>
    public void WasWrong()
    {
        _expectsNew = false;
        Interlocked.Increment(ref _wrong);
    }
}
