namespace Interop.Polling;

/// <summary>
/// The watermark during one poll. It follows the pages as long as they come in ascending order. After the first step backwards (a server
/// that ignores _sort) it waits for the end, because events below the highest instant may still come.
/// </summary>
public sealed class WatermarkProgress(DateTimeOffset? watermark)
{
    private DateTimeOffset? _highest = watermark;
    private DateTimeOffset? _last;
    private bool _ascending = true;

    /// <summary>The watermark that may be committed with the page that was just seen.</summary>
    public DateTimeOffset? Committable { get; private set; } = watermark;

    public void See(IEnumerable<DateTimeOffset?> instants)
    {
        foreach (var instant in instants)
        {
            if (instant is not { } at)
                continue;
            if (at < _last)
                _ascending = false;
            _last = at;
            if (!(at <= _highest))
                _highest = at;
        }

        if (_ascending)
            Committable = _highest;
    }

    /// <summary>A search that began anew repeats instants.</summary>
    public void Restart() => _last = null;

    /// <summary>All pages are stored.</summary>
    public DateTimeOffset? Finish() => Committable = _highest;
}
