using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>The benign accesses of one day. An instance serves one enumeration; it keeps indexes of the current day.</summary>
internal sealed class DayActivity(HospitalOptions options, Staff staff, CareHistory care)
{
    private readonly Dictionary<int, List<int>> _visitsByPlace = [];
    private readonly Dictionary<int, List<int>> _visitsByPhysician = [];
    private readonly List<int>[] _orders =
    [
        [],
        [],
        [],
        [],
    ];
    private readonly List<int> _arrivals = [];
    private readonly List<int> _discharged = [];
    private List<AccessRecord> _records = [];
    private StaffMember _member = null!;
    private Shift _shift;
    private uint _address;

    private long Midnight(int day) => options.Start.UtcTicks + day * TimeSpan.TicksPerDay;

    /// <summary>Adds the accesses of the shifts that start on the day; night shifts reach into the next one.</summary>
    public void Generate(int day, List<AccessRecord> records)
    {
        _records = records;
        Index(day);
        for (var i = 0; i < staff.People; i++)
        {
            _member = staff.Members[i];
            _shift = staff.ShiftOf(_member, day);
            if (_shift.IsNone)
                continue;
            var random = SplitMix.For(options.Seed, 0xDA1, (long)i * 4096 + day);
            Work(day, ref random);
        }
        AddSystemAccounts(day);
        AddPortal(day);
    }

    private void Index(int day)
    {
        foreach (var list in _visitsByPlace.Values)
            list.Clear();
        foreach (var list in _visitsByPhysician.Values)
            list.Clear();
        foreach (var list in _orders)
            list.Clear();
        _arrivals.Clear();
        _discharged.Clear();
        foreach (var number in care.VisitsOn(day))
        {
            var visit = care.Visits[number];
            Add(_visitsByPlace, visit.Place, number);
            Add(_visitsByPhysician, visit.Attending, number);
            if (visit.Consultant >= 0)
                Add(_visitsByPhysician, visit.Consultant, number);
            if (care.DayOf(visit.StartTicks) == day)
                _arrivals.Add(number);
        }
        foreach (var number in care.OrdersOn(day))
            _orders[(int)care.Orders[number].Kind].Add(number);
        for (var before = 1; before <= 6; before++)
        {
            if (day < before)
                continue;
            foreach (var number in care.VisitsOn(day - before))
            {
                if (care.DayOf(care.Visits[number].EndTicks) == day - before)
                    _discharged.Add(number);
            }
        }
    }

    private static void Add(Dictionary<int, List<int>> lists, int key, int number)
    {
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = []);
        list.Add(number);
    }

    private void Work(int day, ref SplitMix random)
    {
        _address =
            _shift.Confounder == Confounder.OnCall && random.Chance(45)
                ? Workstations.Home(_member.Index)
                : Workstations.At(options.Seed, _shift.Place.Index, _member.Index, ref random);
        var login = _shift.StartTicks + random.Between(60, 900) * TimeSpan.TicksPerSecond;
        if (random.Chance(7))
        {
            for (var failures = random.Chance(80) ? 1 : 2; failures > 0; failures--)
                Emit(
                    login - failures * random.Between(8, 25) * TimeSpan.TicksPerSecond,
                    AccessAction.FailedLogin,
                    AccessedType.None,
                    -1,
                    -1,
                    Purpose.Operations,
                    ref random
                );
        }
        Emit(login, AccessAction.Login, AccessedType.None, -1, -1, Purpose.Operations, ref random);
        Emit(_shift.EndTicks, AccessAction.Logout, AccessedType.None, -1, -1, Purpose.Operations, ref random);

        switch (_member.Role)
        {
            case HospitalRole.Nurse or HospitalRole.Physician when _shift.Confounder == Confounder.OnCall:
                foreach (var ward in staff.OnCallWards(_member))
                    Visit(_visitsByPlace.GetValueOrDefault(ward.Index), Share(22), ref random);
                break;
            case HospitalRole.Physician when _shift.Place.Kind != PlaceKind.Emergency:
                Visit(_visitsByPhysician.GetValueOrDefault(_member.Index), Share(100), ref random);
                if (_shift.Place.Kind == PlaceKind.Ward)
                    Visit(_visitsByPlace.GetValueOrDefault(_shift.Place.Index), Share(20), ref random);
                break;
            case HospitalRole.Nurse when _shift.Place.Kind == PlaceKind.Ward:
                Visit(_visitsByPlace.GetValueOrDefault(_shift.Place.Index), Share(75), ref random);
                break;
            case HospitalRole.Nurse or HospitalRole.Physician:
                Visit(_visitsByPlace.GetValueOrDefault(_shift.Place.Index), Share(45), ref random);
                break;
            case HospitalRole.WardClerk:
                Visit(_visitsByPlace.GetValueOrDefault(_shift.Place.Index), Share(90), ref random);
                break;
            case HospitalRole.LabTechnician:
                Fulfil(OrderKind.Laboratory, 30, ref random);
                break;
            case HospitalRole.Radiographer:
                Fulfil(OrderKind.Imaging, 24, ref random);
                break;
            case HospitalRole.Pharmacist:
                Fulfil(OrderKind.Medication, 32, ref random);
                break;
            case HospitalRole.Therapist:
                Fulfil(OrderKind.Therapy, 14, ref random);
                break;
            case HospitalRole.Registrar:
                Pick(_arrivals, 24, ref random);
                break;
            case HospitalRole.BillingClerk or HospitalRole.Coder:
                Pick(_discharged, 20, ref random);
                break;
            default:
                Pick(_arrivals, 5, ref random);
                break;
        }
        AddUnexplained(day, ref random);
        AddReport(day, ref random);
    }

    private int Share(int percent) => (int)Math.Min(400, percent * options.Activity);

    /// <summary>Works on a share of the visits while they overlap with the shift. A share above 100 percent repeats contacts.</summary>
    private void Visit(List<int>? visits, int percent, ref SplitMix random)
    {
        foreach (var number in visits ?? [])
        {
            var visit = care.Visits[number];
            var from = Math.Max(visit.StartTicks - 10 * TimeSpan.TicksPerMinute, _shift.StartTicks + 10 * TimeSpan.TicksPerMinute);
            var until = Math.Min(visit.EndTicks + 15 * TimeSpan.TicksPerMinute, _shift.EndTicks - 5 * TimeSpan.TicksPerMinute);
            if (from >= until)
                continue;
            for (var left = percent; left > 0; left -= 100)
            {
                if (left >= 100 || random.Chance(left))
                    Contact(Between(from, until, ref random), visit.Patient, number, -1, ref random);
            }
        }
    }

    private void Fulfil(OrderKind kind, int most, ref SplitMix random)
    {
        var orders = _orders[(int)kind];
        for (var left = (int)(most * options.Activity); left > 0 && orders.Count > 0; left--)
        {
            var number = orders[random.Next(orders.Count)];
            var order = care.Orders[number];
            var at = order.Ticks + random.Between(6, 100) * TimeSpan.TicksPerMinute;
            if (at > _shift.StartTicks && at < _shift.EndTicks)
                Contact(at, care.Visits[order.Visit].Patient, order.Visit, number, ref random);
        }
    }

    private void Pick(List<int> visits, int count, ref SplitMix random)
    {
        for (var left = (int)Math.Max(1, count * options.Activity); left > 0 && visits.Count > 0; left--)
        {
            var number = visits[random.Next(visits.Count)];
            var visit = care.Visits[number];
            var at =
                _member.Role == HospitalRole.Registrar
                    ? visit.StartTicks - random.Between(-20, 25) * TimeSpan.TicksPerMinute
                    : Between(_shift.StartTicks + 10 * TimeSpan.TicksPerMinute, _shift.EndTicks, ref random);
            if (at > _shift.StartTicks && at < _shift.EndTicks)
                Contact(at, visit.Patient, number, -1, ref random);
        }
    }

    /// <summary>A wrong patient picked from a list, a phone call about a discharged patient: benign, and no care connects them.</summary>
    private void AddUnexplained(int day, ref SplitMix random)
    {
        if (random.Chance(30))
        {
            var at = Between(_shift.StartTicks + 15 * TimeSpan.TicksPerMinute, _shift.EndTicks, ref random);
            var patient = random.Next(options.Patients);
            Emit(at, AccessAction.Search, AccessedType.Patient, -1, -1, RoleProfile.Of(_member.Role).Purpose, ref random);
            Emit(
                at + random.Between(3, 20) * TimeSpan.TicksPerSecond,
                AccessAction.Read,
                AccessedType.Patient,
                patient,
                -1,
                RoleProfile.Of(_member.Role).Purpose,
                ref random
            );
        }
        if (_member.Role is HospitalRole.Nurse or HospitalRole.Physician && _discharged.Count > 0 && day > 0 && random.Chance(25))
        {
            var number = _discharged[random.Next(_discharged.Count)];
            Contact(
                Between(_shift.StartTicks + 15 * TimeSpan.TicksPerMinute, _shift.EndTicks, ref random),
                care.Visits[number].Patient,
                number,
                -1,
                ref random
            );
        }
        if (_member.OwnPatient >= 0 && random.Chance(1))
            Emit(
                Between(_shift.StartTicks, _shift.EndTicks, ref random),
                AccessAction.Read,
                AccessedType.Patient,
                _member.OwnPatient,
                -1,
                RoleProfile.Of(_member.Role).Purpose,
                ref random
            );
    }

    private void AddReport(int day, ref SplitMix random)
    {
        var percent = _member.Role switch
        {
            HospitalRole.Administrator => 40,
            HospitalRole.Coder => 20,
            HospitalRole.BillingClerk => 10,
            HospitalRole.Physician => 1,
            _ => 0,
        };
        if (!random.Chance(percent) || day < 0)
            return;
        Emit(
            Between(_shift.StartTicks + 20 * TimeSpan.TicksPerMinute, _shift.EndTicks, ref random),
            AccessAction.Export,
            AccessedType.Encounter,
            -1,
            -1,
            Purpose.Operations,
            ref random
        );
        var records = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_records);
        records[^1].Count = random.Between(10, 160);
    }

    private void Contact(long at, int patient, int visit, int order, ref SplitMix random)
    {
        var profile = RoleProfile.Of(_member.Role);
        var purpose = profile.Purpose;
        if (purpose == Purpose.Treatment && care.Visits[visit].Kind == VisitKind.Emergency)
            purpose = random.Chance(_shift.Confounder == Confounder.MassCasualty ? 4 : 1) ? Purpose.BreakGlass : Purpose.Emergency;
        else if (_shift.Confounder == Confounder.OnCall && random.Chance(4))
            purpose = Purpose.BreakGlass;
        for (var steps = random.Between(profile.StepsFrom, profile.StepsTo); steps > 0; steps--)
        {
            var (action, type) = profile.Draw(ref random);
            var target = type switch
            {
                AccessedType.Encounter => visit,
                AccessedType.ServiceRequest or AccessedType.MedicationRequest when order >= 0 && action != AccessAction.Create => order,
                _ => -1,
            };
            Emit(at, action, type, patient, target, purpose, ref random);
            at += random.Between(4, 240) * TimeSpan.TicksPerSecond;
        }
    }

    private void AddSystemAccounts(int day)
    {
        for (var i = staff.People; i < staff.Members.Count; i++)
        {
            _member = staff.Members[i];
            var random = SplitMix.For(options.Seed, 0xE71, (long)i * 4096 + day);
            var start = Midnight(day) + (60 + 50 * (i - staff.People)) * TimeSpan.TicksPerMinute;
            _shift = new Shift(start, start + 40 * TimeSpan.TicksPerMinute, _member.Home, Confounder.EtlAccount);
            _address = Workstations.Server(i);
            var reads = (int)(staff.People * options.Activity);
            for (var left = reads; left > 0; left--)
                Emit(
                    Between(_shift.StartTicks, _shift.EndTicks, ref random),
                    RoleProfile.Of(HospitalRole.System).Draw(ref random),
                    random.Next(options.Patients),
                    ref random
                );
            for (var left = 2; left > 0; left--)
            {
                Emit(
                    _shift.EndTicks + left * TimeSpan.TicksPerMinute,
                    AccessAction.Export,
                    left == 2 ? AccessedType.Encounter : AccessedType.Observation,
                    -1,
                    -1,
                    Purpose.System,
                    ref random
                );
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_records)[^1].Count = random.Between(2_000, 6_000);
            }
        }
    }

    private void AddPortal(int day)
    {
        var random = SplitMix.For(options.Seed, 0x907, day);
        for (var left = (int)(staff.People * options.Activity / 2); left > 0; left--)
        {
            var patient = random.Next(options.Patients);
            _records.Add(
                new AccessRecord
                {
                    Ticks = Between(Midnight(day) + 6 * TimeSpan.TicksPerHour, Midnight(day + 1) - 1, ref random),
                    DelayMilliseconds = random.Between(50, 2000),
                    Agent = -1,
                    Patient = patient,
                    Target = -1,
                    Incident = -1,
                    Address = Workstations.Portal(patient),
                    Action = AccessAction.Read,
                    Type =
                        random.Chance(50) ? AccessedType.DiagnosticReport
                        : random.Chance(50) ? AccessedType.Appointment
                        : AccessedType.Observation,
                    Purpose = Purpose.PatientRequest,
                    Location = Workstations.Outside,
                }
            );
        }
    }

    private void Emit(long recorded, (AccessAction Action, AccessedType Type) step, int patient, ref SplitMix random) =>
        Emit(recorded, step.Action, step.Type, patient, -1, Purpose.System, ref random);

    private void Emit(long recorded, AccessAction action, AccessedType type, int patient, int target, Purpose purpose, ref SplitMix random)
    {
        var delay = Delay(ref random);
        _records.Add(
            new AccessRecord
            {
                Ticks = recorded - recorded % TimeSpan.TicksPerMillisecond + delay * TimeSpan.TicksPerMillisecond,
                DelayMilliseconds = delay,
                Agent = _member.Index,
                Patient = patient,
                Target = target,
                Incident = -1,
                Address = _address,
                Action = action,
                Type = type,
                Purpose = purpose,
                Confounder = _shift.Confounder,
                Location = _address >> 24 == 172 ? Workstations.Outside : (ushort)_shift.Place.Index,
            }
        );
    }

    /// <summary>How long after the access the event is committed: up to 2 s, for some up to a minute.</summary>
    internal static int Delay(ref SplitMix random) => random.Chance(2) ? random.Between(2_000, 60_000) : random.Between(50, 2_000);

    internal static long Between(long from, long until, ref SplitMix random) =>
        until <= from
            ? from
            : from + (long)(random.Next() % (ulong)((until - from) / TimeSpan.TicksPerMillisecond + 1)) * TimeSpan.TicksPerMillisecond;
}
