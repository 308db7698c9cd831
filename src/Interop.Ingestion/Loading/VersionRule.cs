namespace Interop.Ingestion.Loading;

/// <summary>What identifies one version of a resource.</summary>
/// <param name="LastUpdatedTicks"><c>meta.lastUpdated</c> in 100 ns since 0001-01-01 UTC.</param>
/// <param name="ContentHash">Of the bytes as received.</param>
internal readonly record struct ResourceVersion(string? VersionId, long? LastUpdatedTicks, string ContentHash)
{
    /// <summary>By what a version is recognised when it comes again: its versionId, else its content.</summary>
    public string Key => VersionId ?? ContentKey;

    public string ContentKey => "#" + ContentHash;
}

/// <summary>How an incoming version stands to the stored one.</summary>
internal enum VersionOrder
{
    /// <summary>The same version.</summary>
    Same,

    /// <summary>To be written.</summary>
    Newer,

    /// <summary>Never written over the stored one.</summary>
    Older,

    /// <summary>Two versions of the same instant: only the server can say which one holds.</summary>
    Tied,

    /// <summary>Nothing says which came first: a fetch takes the server's latest word, a replay keeps what is stored.</summary>
    Unordered,
}

/// <summary>How versions compare (docs/watermark.md): by number, else by instant.</summary>
internal static class VersionRule
{
    public static VersionOrder Compare(in ResourceVersion incoming, in ResourceVersion stored)
    {
        if (incoming.ContentHash == stored.ContentHash)
            return VersionOrder.Same;

        if (incoming.VersionId is not null && incoming.VersionId == stored.VersionId)
        {
            // A server that never counts its versions up still moves lastUpdated.
            return ByInstant(incoming, stored) is var order and (VersionOrder.Newer or VersionOrder.Older) ? order : VersionOrder.Same;
        }

        if (long.TryParse(incoming.VersionId, out var mine) && long.TryParse(stored.VersionId, out var theirs) && mine != theirs)
            return mine > theirs ? VersionOrder.Newer : VersionOrder.Older;

        return ByInstant(incoming, stored);
    }

    private static VersionOrder ByInstant(in ResourceVersion incoming, in ResourceVersion stored) =>
        (incoming.LastUpdatedTicks, stored.LastUpdatedTicks) switch
        {
            ({ } mine, { } theirs) when mine > theirs => VersionOrder.Newer,
            ({ } mine, { } theirs) when mine < theirs => VersionOrder.Older,
            ({ }, { }) => VersionOrder.Tied,
            _ => VersionOrder.Unordered,
        };
}
