using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

internal enum VisitKind : byte
{
    Inpatient,
    Emergency,
    Ambulatory,
}

/// <summary>A stay, an emergency visit or an appointment.</summary>
internal struct Visit
{
    public long StartTicks;
    public long EndTicks;
    public int Patient;

    /// <summary>The attending physician.</summary>
    public int Attending;

    /// <summary>Inpatient: the two nurses of the care team, and a consulting physician or -1.</summary>
    public int Nurse1;
    public int Nurse2;
    public int Consultant;
    public ushort Place;
    public VisitKind Kind;
}

internal enum OrderKind : byte
{
    Laboratory,
    Imaging,
    Therapy,
    Medication,
}

/// <summary>A ServiceRequest or, for <see cref="OrderKind.Medication"/>, a MedicationRequest.</summary>
internal struct Order
{
    public long Ticks;
    public int Visit;
    public int Requester;
    public OrderKind Kind;
}

/// <summary>All care of the simulated time: what connects staff and patients.</summary>
internal sealed class CareHistory
{
    private const int DaysBefore = 10;
    private readonly HospitalOptions _options;
    private readonly HospitalLayout _layout;
    private readonly Staff _staff;
    private readonly long _start;
    private readonly long _end;
    private readonly long[] _occupiedUntil;
    private readonly List<int>[] _byDay;
    private readonly List<int>[] _ordersByDay;

    public CareHistory(HospitalOptions options, HospitalLayout layout, Staff staff)
    {
        _options = options;
        _layout = layout;
        _staff = staff;
        _start = options.Start.UtcTicks;
        _end = _start + options.Days * TimeSpan.TicksPerDay;
        _occupiedUntil = new long[options.Patients];
        AddStays();
        AddEmergencyVisits();
        AddAppointments();
        Visits.Sort(
            (left, right) =>
                left.StartTicks != right.StartTicks ? left.StartTicks.CompareTo(right.StartTicks) : left.Patient.CompareTo(right.Patient)
        );
        AddOrders();
        Orders.Sort(
            (left, right) =>
                left.Ticks != right.Ticks ? left.Ticks.CompareTo(right.Ticks) : (left.Visit, left.Kind).CompareTo((right.Visit, right.Kind))
        );

        _byDay = [.. Enumerable.Range(0, options.Days + 2).Select(_ => new List<int>())];
        for (var visit = 0; visit < Visits.Count; visit++)
        {
            for (
                var day = Math.Max(0, DayOf(Visits[visit].StartTicks));
                day <= Math.Min(options.Days + 1, DayOf(Visits[visit].EndTicks));
                day++
            )
                _byDay[day].Add(visit);
        }
        _ordersByDay = [.. Enumerable.Range(0, options.Days + 2).Select(_ => new List<int>())];
        for (var order = 0; order < Orders.Count; order++)
        {
            if (DayOf(Orders[order].Ticks) is var day && day >= 0 && day <= options.Days + 1)
                _ordersByDay[day].Add(order);
        }
        ByPatient = Enumerable.Range(0, Visits.Count).ToLookup(visit => Visits[visit].Patient);
    }

    public List<Visit> Visits { get; } = [];

    public List<Order> Orders { get; } = [];

    public ILookup<int, int> ByPatient { get; }

    /// <summary>The visits that have a part on the day, by start.</summary>
    public List<int> VisitsOn(int day) => _byDay[Math.Clamp(day, 0, _byDay.Length - 1)];

    public List<int> OrdersOn(int day) => _ordersByDay[Math.Clamp(day, 0, _ordersByDay.Length - 1)];

    public int DayOf(long ticks) => (int)Math.Floor((double)(ticks - _start) / TimeSpan.TicksPerDay);

    /// <summary>Whether the agent has any work with the patient in the simulated time.</summary>
    public bool IsConnected(StaffMember member, int patient)
    {
        foreach (var number in ByPatient[patient])
        {
            var visit = Visits[number];
            if (
                visit.Place == member.Home.Index
                || visit.Attending == member.Index
                || visit.Consultant == member.Index
                || visit.Nurse1 == member.Index
                || visit.Nurse2 == member.Index
            )
                return true;
        }
        return member.OwnPatient == patient || member.Relatives.Contains(patient);
    }

    private void AddStays()
    {
        foreach (var ward in _layout.Of(PlaceKind.Ward))
        {
            var physicians = At(ward, HospitalRole.Physician);
            var nurses = At(ward, HospitalRole.Nurse);
            var consultants = _staff
                .Members.Where(member =>
                    member.Role == HospitalRole.Physician
                    && member.Home.Kind == PlaceKind.Ward
                    && member.Home != ward
                    && member.LastDay == int.MaxValue
                )
                .ToArray();
            for (var bed = 0; bed < HospitalLayout.BedsPerWard; bed++)
            {
                var random = SplitMix.For(_options.Seed, 0x57A1, ward.Index * 1000L + bed);
                var at = _start - DaysBefore * TimeSpan.TicksPerDay + random.Between(0, 72) * TimeSpan.TicksPerHour;
                while (at < _end)
                {
                    at += random.Between(60, 1500) * TimeSpan.TicksPerMinute;
                    var hours = random.Chance(15) ? random.Between(160, 300) : random.Between(20, 150);
                    var discharge = at + hours * TimeSpan.TicksPerHour + random.Next(60) * TimeSpan.TicksPerMinute;
                    Visits.Add(
                        new Visit
                        {
                            Kind = VisitKind.Inpatient,
                            Patient = FreePatient(ref random, at, discharge),
                            Place = (ushort)ward.Index,
                            StartTicks = at,
                            EndTicks = discharge,
                            Attending = physicians[bed % physicians.Length].Index,
                            Nurse1 = random.Pick(nurses).Index,
                            Nurse2 = random.Pick(nurses).Index,
                            Consultant = consultants.Length > 0 && random.Chance(15) ? random.Pick(consultants).Index : -1,
                        }
                    );
                    at = discharge;
                }
            }
        }
    }

    private void AddEmergencyVisits()
    {
        foreach (var place in _layout.Of(PlaceKind.Emergency))
        {
            var physicians = At(place, HospitalRole.Physician);
            for (var day = -1; day < _options.Days; day++)
            {
                var random = SplitMix.For(_options.Seed, 0xED, place.Index * 10_000L + day);
                var usual = random.Between(85, 125);
                var isMassCasualty = day == _staff.MassCasualtyDay;
                for (var i = 0; i < (isMassCasualty ? usual + 160 : usual); i++)
                {
                    // The victims arrive from 13:00 to 19:00; on a usual day the afternoon is busier than the night.
                    var minute =
                        i >= usual ? random.Between(13 * 60, 19 * 60)
                        : random.Chance(80) ? random.Between(8 * 60, 23 * 60)
                        : random.Next(24 * 60);
                    var arrival =
                        _start + day * TimeSpan.TicksPerDay + minute * TimeSpan.TicksPerMinute + random.Next(60) * TimeSpan.TicksPerSecond;
                    var leave = arrival + random.Between(50, 420) * TimeSpan.TicksPerMinute;
                    Visits.Add(
                        new Visit
                        {
                            Kind = VisitKind.Emergency,
                            Patient = FreePatient(ref random, arrival, leave),
                            Place = (ushort)place.Index,
                            StartTicks = arrival,
                            EndTicks = leave,
                            Attending = random.Pick(physicians).Index,
                            Nurse1 = -1,
                            Nurse2 = -1,
                            Consultant = -1,
                        }
                    );
                }
            }
        }
    }

    private void AddAppointments()
    {
        foreach (var member in _staff.Members)
        {
            if (member.Role != HospitalRole.Physician || member.Home.Kind != PlaceKind.Clinic)
                continue;
            for (var day = 0; day < _options.Days; day++)
            {
                if (_staff.ShiftOf(member, day).IsNone)
                    continue;
                var random = SplitMix.For(_options.Seed, 0xA11, (long)member.Index * 4096 + day);
                for (var minute = 9 * 60; minute < 16 * 60; minute += 30)
                {
                    if (!random.Chance(75))
                        continue;
                    var at = _start + day * TimeSpan.TicksPerDay + minute * TimeSpan.TicksPerMinute;
                    Visits.Add(
                        new Visit
                        {
                            Kind = VisitKind.Ambulatory,
                            Patient = FreePatient(ref random, at, at + 30 * TimeSpan.TicksPerMinute),
                            Place = (ushort)member.Home.Index,
                            StartTicks = at,
                            EndTicks = at + random.Between(12, 29) * TimeSpan.TicksPerMinute,
                            Attending = member.Index,
                            Nurse1 = -1,
                            Nurse2 = -1,
                            Consultant = -1,
                        }
                    );
                }
            }
        }
    }

    private void AddOrders()
    {
        for (var number = 0; number < Visits.Count; number++)
        {
            var visit = Visits[number];
            var random = SplitMix.For(_options.Seed, 0x0DE5, number);
            if (visit.Kind != VisitKind.Inpatient)
            {
                var isEmergency = visit.Kind == VisitKind.Emergency;
                AddOrder(
                    number,
                    OrderKind.Laboratory,
                    isEmergency ? 60 : 25,
                    visit.StartTicks + random.Between(5, 30) * TimeSpan.TicksPerMinute,
                    ref random
                );
                AddOrder(
                    number,
                    OrderKind.Imaging,
                    isEmergency ? 40 : 10,
                    visit.StartTicks + random.Between(5, 40) * TimeSpan.TicksPerMinute,
                    ref random
                );
                AddOrder(number, OrderKind.Medication, 50, visit.StartTicks + random.Between(8, 50) * TimeSpan.TicksPerMinute, ref random);
                continue;
            }
            for (var day = visit.StartTicks; day < Math.Min(visit.EndTicks, _end); day += TimeSpan.TicksPerDay)
            {
                var round = day - day % TimeSpan.TicksPerDay + random.Between(8 * 60, 15 * 60) * TimeSpan.TicksPerMinute;
                if (round <= visit.StartTicks || round >= visit.EndTicks)
                    round = day + random.Between(10, 120) * TimeSpan.TicksPerMinute;
                AddOrder(number, OrderKind.Laboratory, 85, round, ref random);
                AddOrder(number, OrderKind.Imaging, 25, round + 4 * TimeSpan.TicksPerMinute, ref random);
                AddOrder(number, OrderKind.Therapy, 25, round + 7 * TimeSpan.TicksPerMinute, ref random);
                AddOrder(number, OrderKind.Medication, 80, round + 9 * TimeSpan.TicksPerMinute, ref random);
            }
        }
    }

    private void AddOrder(int visit, OrderKind kind, int percent, long ticks, ref SplitMix random)
    {
        if (random.Chance(percent) && ticks < Visits[visit].EndTicks)
            Orders.Add(
                new Order
                {
                    Visit = visit,
                    Kind = kind,
                    Requester = Visits[visit].Attending,
                    Ticks = ticks + random.Next(60_000) * TimeSpan.TicksPerMillisecond,
                }
            );
    }

    /// <summary>A patient who is not at the hospital in the time.</summary>
    private int FreePatient(ref SplitMix random, long from, long until)
    {
        // The bed of one patient is walked through the whole time before the next one, so this keeps the last interval only: enough to
        // avoid most overlaps.
        for (var tries = 0; ; tries++)
        {
            var patient = random.Next(_options.Patients);
            if (tries < 8 && _occupiedUntil[patient] > from - 14 * TimeSpan.TicksPerDay)
                continue;
            _occupiedUntil[patient] = Math.Max(_occupiedUntil[patient], until);
            return patient;
        }
    }

    private StaffMember[] At(HospitalPlace place, HospitalRole role)
    {
        var here = _staff.ByPlaceAndRole[(place.Index, role)].Where(member => member.FirstDay < 0).ToArray();
        return here.Length > 0
            ? here
            : [.. _staff.Members.Where(member => member.Role == role && member.LastDay == int.MaxValue && member.FirstDay < 0)];
    }
}
