namespace Interop.Polling;

/// <summary>
/// The watermark during one poll. It follows the pages as long as they come in ascending order. After the first step backwards (a server
/// that ignores _sort) it waits for the end, because events below the highest instant may still come. It never passes the instant at which
/// the poll began: an event with a timestamp in the future must not hide later events.
/// </summary>
public sealed class WatermarkProgress(DateTimeOffset? watermark, DateTimeOffset now)
{
    private DateTimeOffset? _highest = watermark;
    private DateTimeOffset? _last;
    private bool _isAscending = true;

    /// <summary>The watermark that may be committed with the page that was just seen.</summary>
    public DateTimeOffset? Committable { get; private set; } = watermark;

    public void See(IEnumerable<DateTimeOffset?> instants)
    {
        foreach (var instant in instants)
        {
            if (instant is not { } at)
                continue;
            if (at < _last)
                _isAscending = false;
            _last = at;
            var reached = at < now ? at : now;
            if (!(reached <= _highest))
                _highest = reached;
        }

        if (_isAscending)
            Committable = _highest;
    }

    /// <summary>Begins anew at the returned watermark; instants may repeat after it.</summary>
    public DateTimeOffset? Restart()
    {
        _last = null;
        return Committable;
    }

    /// <summary>All pages are stored.</summary>
    public DateTimeOffset? Finish() => Committable = _highest;
}
