namespace Interop.Anomaly.Profiles;

/// <summary>An access that a profile observes, with what several features need of it.</summary>
/// <param name="Access">The access in its context.</param>
/// <param name="Link">Whether care, or else a colleague, explains it.</param>
/// <param name="Minute">Minutes since 1970.</param>
/// <param name="Day">Days since 1970.</param>
/// <param name="Known">What the agent had to do with the patient before.</param>
internal readonly record struct ObservedAccess(AccessInContext Access, CareLink Link, uint Minute, int Day, KnownPatients.Visit Known)
{
    public const uint MinutesPerDay = 1440;

    /// <summary>From this rarity on an unexplained access is no ordinary one, such as a phone call.</summary>
    public const float RatherOddFrom = 1.8f;

    private const uint MinutesPerHour = 60;

    public AccessEvent Event => Access.Event;

    public CareContext Care => Access.Care;

    public PopulationView Population => Access.Population;

    public bool IsExplained => Link == CareLink.Explained;

    public bool IsUnexplained => Link == CareLink.Unexplained;

    public bool IsOdd => IsUnexplained && Population.MannerRarity >= AccessPopulation.OddFrom;

    /// <summary>From 0 for an ordinary unexplained access to 1 for an odd one.</summary>
    public float Oddness => Math.Clamp(((float)Population.MannerRarity - RatherOddFrom) / (AccessPopulation.OddFrom - RatherOddFrom), 0, 1);

    /// <summary>The agent did not open this patient's record in the hour before.</summary>
    public bool IsNewInHour => Event.Patient is not null && (Known.Times == 0 || Known.LastMinute + MinutesPerHour < Minute);

    /// <summary>The agent has not opened this patient's record today.</summary>
    public bool IsNewToday => Event.Patient is not null && (Known.Times == 0 || Known.LastMinute / MinutesPerDay < Day);

    /// <summary>A hash of the network address; 0: none.</summary>
    public uint Address => Event.Address is null ? 0 : StableHash.Of(Event.Address);

    public static ObservedAccess Of(AccessInContext access, KnownPatients.Visit known)
    {
        var minute = (uint)Math.Clamp(access.Event.Time.ToUnixTimeSeconds() / 60, 0, uint.MaxValue);
        var day = (int)Math.Min(ushort.MaxValue, minute / MinutesPerDay);
        return new ObservedAccess(access, AccessPopulation.LinkOf(access.Care, access.Population.Circle), minute, day, known);
    }
}
