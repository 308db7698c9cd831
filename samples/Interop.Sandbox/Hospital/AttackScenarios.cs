using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>What each kind of attack does. An empty result means that nobody on the day could do it.</summary>
internal sealed class AttackScenarios(HospitalOptions options, Staff staff, CareHistory care, IReadOnlyList<int> vips)
{
    private static readonly (AccessAction Action, AccessedType Type)[] Reading =
    [
        (AccessAction.Read, AccessedType.Patient),
        (AccessAction.Search, AccessedType.Observation),
        (AccessAction.Read, AccessedType.Condition),
        (AccessAction.Read, AccessedType.DocumentReference),
        (AccessAction.Read, AccessedType.DiagnosticReport),
        (AccessAction.Read, AccessedType.Encounter),
    ];

    public List<AccessRecord> Create(AttackKind kind, int day, ref SplitMix random)
    {
        var records = new List<AccessRecord>();
        switch (kind)
        {
            case AttackKind.LoneSnoop:
                if (OnShift(day, ref random, Snoops) is { } snoop)
                    ReadOne(records, snoop, Stranger(snoop.Member, day, ref random), random.Between(2, 6), Purpose.Treatment, ref random);
                break;
            case AttackKind.VipSnoop:
                SnoopOnVip(records, day, ref random);
                break;
            case AttackKind.FamilySnoop:
                if (OnShift(day, ref random, member => Snoops(member) && member.Relatives.Count > 0) is { } relative)
                    ReadOne(
                        records,
                        relative,
                        relative.Member.Relatives[random.Next(relative.Member.Relatives.Count)],
                        random.Between(2, 6),
                        Purpose.Treatment,
                        ref random
                    );
                break;
            case AttackKind.OffHours:
                ReadAtNight(records, day, ref random);
                break;
            case AttackKind.BulkExport:
                if (
                    OnShift(
                        day,
                        ref random,
                        member =>
                            member.Role is HospitalRole.Physician or HospitalRole.Nurse or HospitalRole.Coder or HospitalRole.BillingClerk
                    ) is
                    { } exporter
                )
                    Export(records, exporter, ref random);
                break;
            case AttackKind.StolenCredential:
                UseStolenCredential(records, day, ref random);
                break;
            case AttackKind.LowAndSlow:
                ReadSlowly(records, day, ref random);
                break;
            case AttackKind.DormantAccount:
                if (
                    AnyOf(member => member.Role != HospitalRole.System && !member.Works(day) && member.LastDay < day - 25, ref random) is
                    { } dormant
                )
                    ReadStrangers(
                        records,
                        dormant,
                        At(day, random.Between(7, 22), ref random),
                        Workstations.At(options.Seed, dormant.Home.Index, dormant.Index, ref random),
                        random.Between(6, 15),
                        true,
                        Purpose.Treatment,
                        day,
                        ref random
                    );
                break;
            case AttackKind.RoleEscalation:
                if (
                    OnShift(
                        day,
                        ref random,
                        member =>
                            member.Role
                                is HospitalRole.BillingClerk
                                    or HospitalRole.Registrar
                                    or HospitalRole.WardClerk
                                    or HospitalRole.Coder
                                    or HospitalRole.Administrator
                                    or HospitalRole.Therapist
                    ) is
                    { } escalated
                )
                    WriteBeyondRole(records, escalated, day, ref random);
                break;
            case AttackKind.BreakGlassAbuse:
                if (OnShift(day, ref random, member => Snoops(member) && member.Home.Kind != PlaceKind.Emergency) is { } breaker)
                {
                    for (var patients = random.Between(3, 8); patients > 0; patients--)
                        ReadOne(records, breaker, Stranger(breaker.Member, day, ref random), 1, Purpose.BreakGlass, ref random);
                }
                break;
        }
        return records;
    }

    private readonly record struct Actor(StaffMember Member, Shift Shift);

    private static bool Snoops(StaffMember member) => member.Role is HospitalRole.Nurse or HospitalRole.Physician or HospitalRole.WardClerk;

    private long At(int day, int hour, ref SplitMix random) =>
        options.Start.UtcTicks
        + day * TimeSpan.TicksPerDay
        + hour * TimeSpan.TicksPerHour
        + random.Next(3_600_000) * TimeSpan.TicksPerMillisecond;

    private Actor? OnShift(int day, ref SplitMix random, Func<StaffMember, bool> isSuitable)
    {
        for (var tries = 0; tries < 2000; tries++)
        {
            var member = staff.Members[random.Next(staff.People)];
            if (!isSuitable(member) || member.IsFloat || day < member.FirstDay + 25)
                continue;
            var shift = staff.ShiftOf(member, day);
            if (!shift.IsNone && shift.Confounder == Confounder.None)
                return new Actor(member, shift);
        }
        return null;
    }

    private StaffMember? AnyOf(Func<StaffMember, bool> isSuitable, ref SplitMix random)
    {
        for (var tries = 0; tries < 5000; tries++)
        {
            if (staff.Members[random.Next(staff.People)] is var member && isSuitable(member))
                return member;
        }
        return null;
    }

    /// <summary>A patient without any care by the agent; every second one is in the house.</summary>
    private int Stranger(StaffMember member, int day, ref SplitMix random)
    {
        var present = care.VisitsOn(day);
        for (var tries = 0; tries < 100; tries++)
        {
            var patient =
                present.Count > 0 && random.Chance(50)
                    ? care.Visits[present[random.Next(present.Count)]].Patient
                    : random.Next(options.Patients);
            if (!care.IsConnected(member, patient))
                return patient;
        }
        return random.Next(options.Patients);
    }

    private void ReadOne(List<AccessRecord> records, Actor actor, int patient, int reads, Purpose purpose, ref SplitMix random)
    {
        var at = DayActivity.Between(
            actor.Shift.StartTicks + 30 * TimeSpan.TicksPerMinute,
            actor.Shift.EndTicks - 40 * TimeSpan.TicksPerMinute,
            ref random
        );
        var address = Workstations.At(options.Seed, actor.Shift.Place.Index, actor.Member.Index, ref random);
        for (var i = 0; i < reads; i++)
        {
            Emit(records, actor.Member, at, address, i == 0 ? Reading[0] : random.Pick(Reading), patient, purpose, ref random);
            at += random.Between(5, 200) * TimeSpan.TicksPerSecond;
        }
    }

    private void ReadStrangers(
        List<AccessRecord> records,
        StaffMember member,
        long at,
        uint address,
        int reads,
        bool logsIn,
        Purpose purpose,
        int day,
        ref SplitMix random
    )
    {
        if (logsIn)
            Emit(records, member, at, address, (AccessAction.Login, AccessedType.None), -1, Purpose.Operations, ref random);
        while (reads > 0)
        {
            var patient = Stranger(member, day, ref random);
            for (var steps = random.Between(1, 2); steps > 0 && reads > 0; steps--, reads--)
            {
                at += random.Between(6, 150) * TimeSpan.TicksPerSecond;
                Emit(records, member, at, address, random.Pick(Reading), patient, purpose, ref random);
            }
        }
    }

    private void SnoopOnVip(List<AccessRecord> records, int day, ref SplitMix random)
    {
        // A well-known patient who is in the house; if none is, the day's list decides.
        var present = care.VisitsOn(day)
            .Where(visit => vips.Contains(care.Visits[visit].Patient))
            .Select(visit => care.Visits[visit].Patient)
            .ToArray();
        var vip = present.Length > 0 ? random.Pick(present) : vips[random.Next(vips.Count)];
        var agents = random.Between(8, 15);
        for (var tries = 0; agents > 0 && tries < 60; tries++)
        {
            if (
                OnShift(day + random.Next(2), ref random, member => Snoops(member) && !care.IsConnected(member, vip)) is not { } actor
                || records.Exists(record => record.Agent == actor.Member.Index)
            )
                continue;
            ReadOne(records, actor, vip, random.Between(1, 3), Purpose.Treatment, ref random);
            agents--;
        }
    }

    private void ReadAtNight(List<AccessRecord> records, int day, ref SplitMix random)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            var member = staff.Members[random.Next(staff.People)];
            // Office hours by role, and no shift around the night.
            if (
                member.Role is not (HospitalRole.BillingClerk or HospitalRole.Coder or HospitalRole.WardClerk or HospitalRole.Physician)
                || member.Home.Kind == PlaceKind.Emergency
                || day < member.FirstDay + 25
                || !member.Works(day)
                || staff.ShiftOf(member, day - 1).Confounder == Confounder.OnCall
                || staff.ShiftOf(member, day).Confounder != Confounder.None
            )
                continue;
            var address = random.Chance(50)
                ? Workstations.Home(member.Index)
                : Workstations.At(options.Seed, member.Home.Index, member.Index, ref random);
            ReadStrangers(
                records,
                member,
                At(day, random.Between(1, 3), ref random),
                address,
                random.Between(10, 20),
                true,
                RoleProfile.Of(member.Role).Purpose,
                day,
                ref random
            );
            return;
        }
    }

    private void Export(List<AccessRecord> records, Actor actor, ref SplitMix random)
    {
        var address = Workstations.At(options.Seed, actor.Shift.Place.Index, actor.Member.Index, ref random);
        var at = DayActivity.Between(
            actor.Shift.StartTicks + 30 * TimeSpan.TicksPerMinute,
            actor.Shift.EndTicks - 60 * TimeSpan.TicksPerMinute,
            ref random
        );
        for (var exports = random.Between(3, 6); exports > 0; exports--)
        {
            Emit(
                records,
                actor.Member,
                at,
                address,
                (AccessAction.Export, random.Chance(50) ? AccessedType.Observation : AccessedType.Patient),
                -1,
                Purpose.Operations,
                ref random,
                random.Between(500, 5000)
            );
            at += random.Between(60, 500) * TimeSpan.TicksPerSecond;
        }
    }

    private void UseStolenCredential(List<AccessRecord> records, int day, ref SplitMix random)
    {
        if (
            AnyOf(member => member.Role != HospitalRole.System && member.Works(day) && day > member.FirstDay + 25, ref random)
            is not { } member
        )
            return;
        var address = Workstations.Foreign(ref random);
        var at = At(day, random.Between(0, 23), ref random);
        for (var failures = random.Between(4, 9); failures > 0; failures--)
        {
            Emit(records, member, at, address, (AccessAction.FailedLogin, AccessedType.None), -1, Purpose.Operations, ref random);
            at += random.Between(3, 25) * TimeSpan.TicksPerSecond;
        }
        ReadStrangers(records, member, at, address, random.Between(10, 25), true, RoleProfile.Of(member.Role).Purpose, day, ref random);
    }

    private void ReadSlowly(List<AccessRecord> records, int day, ref SplitMix random)
    {
        day = Math.Min(day, Math.Max(options.TrainingDays, options.Days - 22));
        if (OnShift(day, ref random, Snoops) is not { } actor)
            return;
        var days = random.Between(15, 20);
        for (var at = day; days > 0 && at < options.Days; at++)
        {
            var shift = staff.ShiftOf(actor.Member, at);
            if (shift.IsNone)
                continue;
            days--;
            for (var reads = random.Between(1, 2); reads > 0; reads--)
                ReadOne(records, new Actor(actor.Member, shift), Stranger(actor.Member, at, ref random), 1, Purpose.Treatment, ref random);
        }
    }

    private void WriteBeyondRole(List<AccessRecord> records, Actor actor, int day, ref SplitMix random)
    {
        (AccessAction, AccessedType)[] writes =
        [
            (AccessAction.Create, AccessedType.MedicationRequest),
            (AccessAction.Update, AccessedType.Observation),
            (AccessAction.Delete, AccessedType.DocumentReference),
            (AccessAction.Update, AccessedType.MedicationRequest),
            (AccessAction.Delete, AccessedType.Observation),
            (AccessAction.Create, AccessedType.ServiceRequest),
        ];
        var address = Workstations.At(options.Seed, actor.Shift.Place.Index, actor.Member.Index, ref random);
        var at = DayActivity.Between(
            actor.Shift.StartTicks + 30 * TimeSpan.TicksPerMinute,
            actor.Shift.EndTicks - 40 * TimeSpan.TicksPerMinute,
            ref random
        );
        for (var left = random.Between(3, 8); left > 0; left--)
        {
            Emit(
                records,
                actor.Member,
                at,
                address,
                random.Pick(writes),
                Stranger(actor.Member, day, ref random),
                RoleProfile.Of(actor.Member.Role).Purpose,
                ref random
            );
            at += random.Between(20, 240) * TimeSpan.TicksPerSecond;
        }
    }

    private static void Emit(
        List<AccessRecord> records,
        StaffMember member,
        long recorded,
        uint address,
        (AccessAction Action, AccessedType Type) step,
        int patient,
        Purpose purpose,
        ref SplitMix random,
        int count = 0
    )
    {
        var delay = DayActivity.Delay(ref random);
        records.Add(
            new AccessRecord
            {
                Ticks = recorded - recorded % TimeSpan.TicksPerMillisecond + delay * TimeSpan.TicksPerMillisecond,
                DelayMilliseconds = delay,
                Agent = member.Index,
                Patient = patient,
                Target = -1,
                Incident = -1,
                Address = address,
                Count = count,
                Action = step.Action,
                Type = step.Type,
                Purpose = purpose,
                Location = address >> 24 == 10 ? (ushort)member.Home.Index : Workstations.Outside,
            }
        );
    }
}
