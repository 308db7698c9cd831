namespace Interop.Anomaly.Care;

/// <summary>Decides whether care connects the agent and the patient of an access around its time.</summary>
public static class CareLinks
{
    // Notes are finished after a stay, and a stay is prepared before it.
    private static readonly TimeSpan BeforeCare = TimeSpan.FromDays(2);
    private static readonly TimeSpan AfterCare = TimeSpan.FromDays(7);

    // A colleague of the ward has a reason only during the patient's stay.
    private static readonly TimeSpan AroundStay = TimeSpan.FromHours(12);
    private static readonly TimeSpan AfterOrder = TimeSpan.FromDays(7);

    // The last shift of a role may reach into the day after its end.
    private static readonly TimeSpan AfterRole = TimeSpan.FromDays(1);

    // Admission, pharmacy, coding and billing work on a patient from weeks before to weeks after the care.
    private static readonly TimeSpan BeforeService = TimeSpan.FromDays(30);
    private static readonly TimeSpan AfterService = TimeSpan.FromDays(60);

    /// <param name="care">The source's clinical data.</param>
    /// <param name="e">The access.</param>
    /// <param name="agent">Its Practitioner, where it has one.</param>
    /// <param name="watched">Patients on the watchlist.</param>
    public static CareContext Find(CareIndex care, AccessEvent e, string? agent, IReadOnlySet<string> watched)
    {
        var practitioner = agent is null ? null : care.Agent(agent);
        var disabled = practitioner is not null && IsDisabled(practitioner, e.Time);
        if (e.Patient is not { } patientKey)
            return disabled ? CareContext.None with { DisabledAccount = true } : CareContext.None;
        var isWatched = watched.Contains(patientKey);
        if (e.Agent == patientKey)
            return new CareContext(CareLink.Explained, "the patient's own access", Watched: isWatched);
        // Without a person or a known patient there is no result.
        if (care.IsEmpty || practitioner is null || care.Patient(patientKey) is not { } patient)
            return CareContext.None with { Watched = isWatched, DisabledAccount = disabled };

        var own = patient.EmployeeNumber is { } number && practitioner.Identifiers.Contains(number);
        var linked = LinkedBy(care, e, agent!, practitioner, patient);
        return new CareContext(
            linked is null ? CareLink.Unexplained : CareLink.Explained,
            linked,
            SameFamilyName: !own && practitioner.FamilyName is not null && practitioner.FamilyName == patient.FamilyName,
            SameAddress: !own && practitioner.Address is not null && practitioner.Address == patient.Address,
            OwnRecord: own,
            Colleague: !own && care.IsColleague(patientKey),
            Watched: isWatched,
            DisabledAccount: disabled,
            Presence: PresenceOf(patient, e.Time),
            WorkPlace: WorkPlaceOf(care, e, practitioner) is { } place ? care.KindOf(place) : null
        );
    }

    private static string? WorkPlaceOf(CareIndex care, AccessEvent e, CareAgent practitioner) =>
        care.PlaceNamed(e.Site) ?? practitioner.Roles.Find(r => r.Covers(e.Time) && r.Places.Count > 0)?.Places.First();

    private static bool IsDisabled(CareAgent practitioner, DateTimeOffset time) =>
        !practitioner.IsActive
        || (practitioner.Roles.Count > 0 && practitioner.Roles.TrueForAll(role => !role.IsActive || role.To < time - AfterRole));

    private static PatientPresence PresenceOf(CarePatient patient, DateTimeOffset time)
    {
        var presence = PatientPresence.Absent;
        foreach (var fact in patient.Facts)
        {
            if (fact.Kind is not ("encounter" or "appointment") || !Within(time, fact, BeforeService, AfterService))
                continue;
            PatientPresence here;
            if (time < fact.From)
                here = PatientPresence.Expected;
            else if (time <= fact.To)
                here = PatientPresence.Present;
            else
                here = (time - fact.To).TotalDays switch
                {
                    <= 1 => PatientPresence.LeftToday,
                    <= 7 => PatientPresence.LeftLately,
                    _ => PatientPresence.LeftEarlier,
                };
            if (Order(here) > Order(presence))
                presence = here;
        }

        return presence;

        // The nearest care counts.
        static int Order(PatientPresence presence) =>
            presence switch
            {
                PatientPresence.Present => 5,
                PatientPresence.LeftToday => 4,
                PatientPresence.LeftLately => 3,
                PatientPresence.Expected => 2,
                PatientPresence.LeftEarlier => 1,
                _ => 0,
            };
    }

    /// <summary>The agent's role at the time; null: none is known.</summary>
    public static string? RoleOf(CareIndex care, string? agent, DateTimeOffset time)
    {
        if (agent is null || care.Agent(agent) is not { } practitioner)
            return null;
        var role = practitioner.Roles.Find(r => r.Covers(time)) ?? practitioner.Roles.FirstOrDefault();
        return role?.Code;
    }

    private static string? LinkedBy(CareIndex care, AccessEvent e, string agent, CareAgent practitioner, CarePatient patient)
    {
        var site = care.PlaceNamed(e.Site);
        var serves = ServesTheHouse(care, practitioner, e.Time);
        string? best = null;
        foreach (var fact in patient.Facts)
        {
            if (fact.People.Contains(agent) && Within(e.Time, fact, fact.Kind == "appointment" ? AfterCare : BeforeCare, AfterCare))
                return Text(fact);
            if (best is not null)
                continue;
            var (before, after) = fact.Kind == "order" ? (TimeSpan.Zero, AfterOrder) : (AroundStay, AroundStay);
            if (fact.Places.Count > 0 && Within(e.Time, fact, before, after))
            {
                if (WorksAt(practitioner, fact.Places, e.Time))
                    best = $"{fact.Kind} {fact.Id} at the agent's place of work";
                else if (site is not null && fact.Places.Contains(site))
                    best = $"{fact.Kind} {fact.Id} at the place of the access";
            }

            if (best is null && serves && fact.Kind is "encounter" or "appointment" && Within(e.Time, fact, BeforeService, AfterService))
                best = $"service for {fact.Kind} {fact.Id}";
        }

        return best;
    }

    private static bool ServesTheHouse(CareIndex care, CareAgent practitioner, DateTimeOffset time) =>
        practitioner.Roles.Exists(role => role.Covers(time) && role.Places.Count > 0 && !role.Places.Any(care.IsCarePlace));

    private static bool WorksAt(CareAgent practitioner, IReadOnlyList<string> places, DateTimeOffset time) =>
        practitioner.Roles.Exists(role => role.Covers(time) && places.Any(role.Places.Contains));

    private static bool Within(DateTimeOffset time, CareFact fact, TimeSpan before, TimeSpan after) =>
        (fact.From == DateTimeOffset.MinValue || time >= fact.From - before)
        && (fact.To >= DateTimeOffset.MaxValue - after || time <= fact.To + after);

    private static string Text(CareFact fact) => fact.Kind == "general practitioner" ? fact.Kind : $"{fact.Kind} {fact.Id}";
}
