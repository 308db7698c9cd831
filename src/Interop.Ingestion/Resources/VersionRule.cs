namespace Interop.Ingestion.Resources;

/// <summary>How an incoming version compares to the stored one.</summary>
internal enum VersionOrder
{
    /// <summary>The same version.</summary>
    Same,

    /// <summary>The incoming version is newer: write it.</summary>
    Newer,

    /// <summary>The incoming version is older: never write it over the stored one.</summary>
    Older,

    /// <summary>Two different versions with the same instant: only the server knows which one is current.</summary>
    Tied,

    /// <summary>No instant to compare: a search takes the incoming version, a replay keeps the stored one.</summary>
    Unordered,
}

/// <summary>Compares versions (docs/watermark.md): by number where both are numbers, else by instant.</summary>
internal static class VersionRule
{
    public static VersionOrder Compare(in ResourceVersion incoming, in ResourceVersion stored)
    {
        if (incoming.ContentHash == stored.ContentHash)
            return VersionOrder.Same;

        if (incoming.VersionId is not null && incoming.VersionId == stored.VersionId)
        {
            // Some servers never increase versionId, but still change lastUpdated.
            return ByInstant(incoming, stored) is var order and (VersionOrder.Newer or VersionOrder.Older) ? order : VersionOrder.Same;
        }

        if (
            long.TryParse(incoming.VersionId, out var incomingNumber)
            && long.TryParse(stored.VersionId, out var storedNumber)
            && incomingNumber != storedNumber
        )
            return incomingNumber > storedNumber ? VersionOrder.Newer : VersionOrder.Older;

        return ByInstant(incoming, stored);
    }

    private static VersionOrder ByInstant(in ResourceVersion incoming, in ResourceVersion stored) =>
        (incoming.LastUpdatedTicks, stored.LastUpdatedTicks) switch
        {
            ({ } incomingTicks, { } storedTicks) when incomingTicks > storedTicks => VersionOrder.Newer,
            ({ } incomingTicks, { } storedTicks) when incomingTicks < storedTicks => VersionOrder.Older,
            ({ }, { }) => VersionOrder.Tied,
            _ => VersionOrder.Unordered,
        };
}
