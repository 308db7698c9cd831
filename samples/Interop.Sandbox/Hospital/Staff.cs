using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>An employee or a system account.</summary>
internal sealed class StaffMember
{
    public required int Index { get; init; }

    public required HospitalRole Role { get; init; }

    public required HospitalPlace Home { get; init; }

    public required PersonName Name { get; init; }

    public required HomeAddress Address { get; init; }

    public bool IsFloat { get; init; }

    /// <summary>The first day of work; negative for everyone who was there before the simulation.</summary>
    public int FirstDay { get; init; } = -400;

    /// <summary>The last day of work; the account stays active after it.</summary>
    public int LastDay { get; init; } = int.MaxValue;

    /// <summary>A second working period after a long leave; never begins for most.</summary>
    public int ReturnDay { get; init; } = int.MaxValue;

    /// <summary>The employee's own number as a patient; -1 for none.</summary>
    public int OwnPatient { get; set; } = -1;

    /// <summary>Patients who are relatives or share the address.</summary>
    public List<int> Relatives { get; } = [];

    public string Login => Role == HospitalRole.System ? $"etl{Index}" : $"{Name.LoginStem}{Index}";

    public bool Works(int day) => (day >= FirstDay && day <= LastDay) || day >= ReturnDay;
}

/// <summary>One period of work of one agent.</summary>
internal readonly record struct Shift(long StartTicks, long EndTicks, HospitalPlace Place, Confounder Confounder)
{
    public bool IsNone => EndTicks == 0;
}

/// <summary>Everyone who works at the hospital, and when.</summary>
internal sealed class Staff
{
    private const int NewHireDays = 14;
    private readonly HospitalOptions _options;
    private readonly HospitalLayout _layout;
    private readonly int[] _onCallPool;

    public Staff(HospitalOptions options, HospitalLayout layout)
    {
        _options = options;
        _layout = layout;
        var random = SplitMix.For(options.Seed, 0x57AFF, 0);
        var clerical = options.Agents;
        foreach (
            var (role, perMille) in (ReadOnlySpan<(HospitalRole, int)>)
                [
                    (HospitalRole.Physician, 190),
                    (HospitalRole.LabTechnician, 55),
                    (HospitalRole.Radiographer, 45),
                    (HospitalRole.Pharmacist, 35),
                    (HospitalRole.Therapist, 35),
                    (HospitalRole.Registrar, 50),
                    (HospitalRole.BillingClerk, 45),
                    (HospitalRole.Coder, 30),
                    (HospitalRole.WardClerk, 40),
                    (HospitalRole.Administrator, 12),
                ]
        )
        {
            var count = Math.Max(2, options.Agents * perMille / 1000);
            clerical -= count;
            for (var i = 0; i < count; i++)
                Hire(role, HomeOf(role, i), ref random);
        }
        for (var i = 0; i < clerical; i++)
            Hire(HospitalRole.Nurse, HomeOf(HospitalRole.Nurse, i), ref random);
        People = Members.Count;
        for (var i = 0; i < 3; i++)
            Members.Add(
                new StaffMember
                {
                    Index = Members.Count,
                    Role = HospitalRole.System,
                    Home = layout.Of(PlaceKind.Office)[0],
                    Name = new PersonName("Service", "Etl", "etl"),
                    Address = default,
                }
            );
        ByPlaceAndRole = Members
            .Where(member => member.LastDay == int.MaxValue && !member.IsFloat)
            .ToLookup(member => (member.Home.Index, member.Role));
        _onCallPool =
        [
            .. Members
                .Where(member =>
                    member.Role == HospitalRole.Physician && member.Home.Kind == PlaceKind.Ward && member.LastDay == int.MaxValue
                )
                .Select(member => member.Index),
        ];
        MassCasualtyDay = options.TrainingDays + Math.Max(1, (options.Days - options.TrainingDays) / 3);
    }

    public List<StaffMember> Members { get; } = [];

    /// <summary>How many of the members are people; they come first.</summary>
    public int People { get; }

    public ILookup<(int Place, HospitalRole Role), StaffMember> ByPlaceAndRole { get; }

    public int MassCasualtyDay { get; }

    /// <summary>The agent's shift that starts on the day, or none.</summary>
    public Shift ShiftOf(StaffMember member, int day)
    {
        if (!member.Works(day) || member.Role == HospitalRole.System)
            return default;
        var random = SplitMix.For(_options.Seed, 0x5417F, (long)member.Index * 4096 + day);
        var date = _options.Start.UtcDateTime.AddDays(day);
        var midnight = date.Ticks;
        var isHired = day >= member.FirstDay && day < member.FirstDay + NewHireDays;
        var confounder =
            isHired ? Confounder.NewHire
            : member.IsFloat ? Confounder.FloatStaff
            : Confounder.None;
        if (day == MassCasualtyDay && (member.Role is HospitalRole.Nurse or HospitalRole.Physician) && random.Chance(45))
            return Between(
                midnight,
                13,
                23,
                ref random,
                _layout.Of(PlaceKind.Emergency)[member.Index % _layout.Of(PlaceKind.Emergency).Length],
                Confounder.MassCasualty
            );
        if (IsOnCall(member, day))
            return Between(midnight, 17, 31, ref random, member.Home, Confounder.OnCall);
        // One week of leave in nine.
        if ((day / 7 + member.Index) % 9 == 0 || random.Chance(4))
            return default;

        var isWeekend = date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
        if (!IsRotating(member))
            return isWeekend
                ? default
                : Between(midnight, member.Role == HospitalRole.Physician ? 7 : 8, 17, ref random, member.Home, confounder);

        // Five days in seven; one in five works only nights, the others change between early and late shifts by the week.
        if ((day + member.Index * 3) % 7 >= 5)
            return default;
        var place =
            member.IsFloat ? random.Pick(_layout.Of(PlaceKind.Ward))
            : member.Home.Kind == PlaceKind.Ward && random.Chance(3) ? random.Pick(_layout.Of(PlaceKind.Ward))
            : member.Home;
        return (member.Index % 5 == 0 ? 2 : (day / 7 + member.Index) % 2) switch
        {
            2 => Between(midnight, 22, 31, ref random, place, confounder),
            1 => Between(midnight, 14, 23, ref random, place, confounder),
            _ => Between(midnight, 6, 15, ref random, place, confounder),
        };
    }

    /// <summary>The wards that a physician on call looks after.</summary>
    public IEnumerable<HospitalPlace> OnCallWards(StaffMember member)
    {
        var wards = _layout.Of(PlaceKind.Ward);
        for (var i = 0; i < Math.Min(4, wards.Length); i++)
            yield return wards[(member.Home.Index + i) % wards.Length];
    }

    private bool IsOnCall(StaffMember member, int day)
    {
        if (member.Role != HospitalRole.Physician || member.Home.Kind != PlaceKind.Ward || _onCallPool.Length == 0)
            return false;
        var onDuty = Math.Max(1, _layout.Of(PlaceKind.Ward).Length / 4);
        for (var i = 0; i < onDuty; i++)
        {
            if (_onCallPool[(day * onDuty + i) % _onCallPool.Length] == member.Index)
                return true;
        }
        return false;
    }

    private static bool IsRotating(StaffMember member) =>
        member.Role switch
        {
            HospitalRole.Nurse => member.Home.Kind != PlaceKind.Clinic,
            HospitalRole.Physician => member.Home.Kind == PlaceKind.Emergency,
            HospitalRole.LabTechnician or HospitalRole.Radiographer or HospitalRole.Pharmacist => true,
            HospitalRole.Registrar => member.Index % 2 == 0,
            _ => false,
        };

    private static Shift Between(
        long midnight,
        int fromHour,
        int toHour,
        ref SplitMix random,
        HospitalPlace place,
        Confounder confounder
    ) =>
        new(
            midnight + fromHour * TimeSpan.TicksPerHour - random.Between(0, 12) * TimeSpan.TicksPerMinute,
            midnight + toHour * TimeSpan.TicksPerHour + random.Between(0, 20) * TimeSpan.TicksPerMinute,
            place,
            confounder
        );

    private HospitalPlace HomeOf(HospitalRole role, int number)
    {
        var wards = _layout.Of(PlaceKind.Ward);
        var clinics = _layout.Of(PlaceKind.Clinic);
        var emergency = _layout.Of(PlaceKind.Emergency);
        return role switch
        {
            HospitalRole.Physician => (number % 8) switch
            {
                0 or 2 or 5 => wards[(number / 8 * 3 + number % 8 / 2) % wards.Length],
                7 => emergency[number / 8 % emergency.Length],
                _ => clinics[number % clinics.Length],
            },
            HospitalRole.Nurse => (number % 10) switch
            {
                3 => emergency[number / 10 % emergency.Length],
                7 => clinics[number / 10 % clinics.Length],
                _ => wards[number % wards.Length],
            },
            HospitalRole.WardClerk => wards[number % wards.Length],
            HospitalRole.LabTechnician => _layout.Of(PlaceKind.Laboratory)[0],
            HospitalRole.Radiographer => _layout.Of(PlaceKind.Imaging)[0],
            HospitalRole.Pharmacist => _layout.Of(PlaceKind.Pharmacy)[0],
            HospitalRole.Therapist => _layout.Of(PlaceKind.Therapy)[0],
            HospitalRole.Registrar => _layout.Of(PlaceKind.Admission)[0],
            HospitalRole.BillingClerk => _layout.Of(PlaceKind.Billing)[0],
            HospitalRole.Coder => _layout.Of(PlaceKind.Records)[0],
            _ => _layout.Of(PlaceKind.Office)[0],
        };
    }

    private void Hire(HospitalRole role, HospitalPlace home, ref SplitMix random)
    {
        var index = Members.Count;
        var isMobile = role is HospitalRole.Nurse or HospitalRole.Physician;
        var draw = random.Next(100);
        var person = SplitMix.For(_options.Seed, 0x9E0, index);
        Members.Add(
            new StaffMember
            {
                Index = index,
                Role = role,
                Home = home,
                Name = Persons.Name(ref person, out _),
                Address = Persons.Address(ref person),
                IsFloat = role == HospitalRole.Nurse && home.Kind == PlaceKind.Ward && draw < 8,
                FirstDay = draw is >= 10 and < 14
                    ? _options.TrainingDays + random.Between(-2, Math.Max(1, (_options.Days - _options.TrainingDays) / 2))
                    : -400,
                // Some have left and kept their account; some of those come back from a long leave.
                LastDay = isMobile && draw is >= 20 and < 25 ? random.Between(-30, Math.Min(3, _options.TrainingDays - 26)) : int.MaxValue,
                ReturnDay =
                    isMobile && draw == 24
                        ? _options.TrainingDays + random.Between(2, Math.Max(3, _options.Days - _options.TrainingDays))
                        : int.MaxValue,
            }
        );
    }
}
