using Interop.Sandbox.Fhir;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>
/// A hospital: staff, patients, care, and every access to a record as an AuditEvent, with a small share of attacks whose labels are kept
/// outside of the events. Deterministic: the same options give the same bytes. Instances are read-only and can be shared between threads.
/// </summary>
public sealed class HospitalSimulation
{
    private const int ChunkBytes = 1024 * 1024;
    private const int Vips = 12;
    private readonly HospitalLayout _layout;
    private readonly Staff _staff;
    private readonly CareHistory _care;
    private readonly AttackScenarios _scenarios;
    private readonly AttackPlan _attacks;
    private readonly AuditEventWriter _writer;
    private readonly Dictionary<int, StaffMember> _relatives = [];

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public HospitalSimulation(HospitalOptions options)
    {
        options.Validate();
        Options = options;
        _layout = new HospitalLayout(options);
        _staff = new Staff(options, _layout);
        _care = new CareHistory(options, _layout, _staff);
        DrawRelatives();
        var vips = DrawVips();
        _scenarios = new AttackScenarios(options, _staff, _care, vips);
        _attacks = new AttackPlan(
            options,
            _care,
            _scenarios,
            options.AttackShare == 0 ? 0 : (long)Math.Ceiling(options.AttackShare * EstimateEvents())
        );
        _writer = new AuditEventWriter(options, _layout, _staff);
        Clinical = new ClinicalWriter(options, _layout, _staff, _care, _relatives);
        Agents =
        [
            .. _staff.Members.Select(member => new HospitalAgent(
                member.Index,
                member.Role == HospitalRole.System ? null : HospitalIds.Practitioner(member.Index),
                member.Login,
                member.Role,
                member.Home.Id,
                member.Role == HospitalRole.System
            )),
        ];
        VipPatientIds = [.. vips.Select(HospitalIds.Patient)];
    }

    public HospitalOptions Options { get; }

    /// <summary>No attack lies before this instant.</summary>
    public DateTimeOffset TrainingEnd => Options.Start.AddDays(Options.TrainingDays);

    public IReadOnlyList<HospitalAgent> Agents { get; }

    /// <summary>The injected attacks: the answers that a detector is measured against.</summary>
    public IReadOnlyList<HospitalIncident> Incidents => _attacks.Incidents;

    /// <summary>Well-known patients, for a watchlist. Only some of them are attacked.</summary>
    public IReadOnlyList<string> VipPatientIds { get; }

    internal ClinicalWriter Clinical { get; }

    internal CareHistory Care => _care;

    internal HospitalLayout Layout => _layout;

    internal int People => _staff.People;

    /// <summary>All events in the order of their instants. Days are made one after the other, so that memory stays flat.</summary>
    /// <param name="render">False leaves <see cref="HospitalEvent.Utf8"/> empty.</param>
    public IEnumerable<HospitalEvent> Events(bool render = true)
    {
        var builder = new Utf8Builder(4096);
        var chunk = render ? new byte[ChunkBytes] : [];
        var used = 0;
        var number = 0L;
        foreach (var record in Records())
        {
            var utf8 = ReadOnlyMemory<byte>.Empty;
            if (render)
            {
                builder.Truncate(0);
                _writer.Render(number, record, builder);
                if (chunk.Length - used < builder.Length)
                    (chunk, used) = (new byte[Math.Max(ChunkBytes, builder.Length)], 0);
                builder.Span.CopyTo(chunk.AsSpan(used));
                utf8 = chunk.AsMemory(used, builder.Length);
                used += builder.Length;
            }
            yield return new HospitalEvent
            {
                Number = number++,
                Instant = new DateTimeOffset(record.Ticks, TimeSpan.Zero),
                Utf8 = utf8,
                Agent = record.Agent,
                Patient = record.Patient,
                Attack = record.Attack,
                Confounder = record.Confounder,
                Incident = record.Incident,
            };
        }
    }

    /// <summary>The clinical resources that connect staff and patients, type by type, places and people first.</summary>
    public IEnumerable<ClinicalResource> ClinicalResources()
    {
        var builder = new Utf8Builder(4096);
        foreach (var type in HospitalType.Create(this))
        {
            for (var number = 0; number < type.Count; number++)
            {
                builder.Truncate(0);
                type.Render(number, builder);
                yield return new ClinicalResource(
                    type.Name,
                    type.Id(number),
                    new DateTimeOffset(type.CommitTicks(number), TimeSpan.Zero),
                    builder.Span.ToArray()
                );
            }
        }
    }

    /// <summary>The events of one attack that ends at <paramref name="until"/>, without id and meta, for a client that creates them on a
    /// server.</summary>
    /// <exception cref="ArgumentException">The kind is None.</exception>
    public IReadOnlyList<byte[]> Attack(AttackKind kind, DateTimeOffset until)
    {
        if (kind == AttackKind.None)
            throw new ArgumentException("None is not an attack.", nameof(kind));
        for (var number = 0; ; number++)
        {
            var random = SplitMix.For(Options.Seed, 0x0E5, number * 16L + (int)kind);
            var records = _scenarios.Create(kind, Math.Max(0, Options.Days - 1 - number % Options.Days), ref random);
            if (records.Count > 0)
                return Rendered(records, until);
            if (number > 1000)
                throw new InvalidOperationException(
                    $"The hospital is too small for an attack of the kind {kind}: use more agents or days."
                );
        }
    }

    /// <summary>Ordinary events that end at <paramref name="until"/>, without id and meta.</summary>
    public IReadOnlyList<byte[]> Normal(int count, DateTimeOffset until)
    {
        var records = new List<AccessRecord>();
        for (var day = Math.Min(7, Options.Days - 1); records.Count < count; day = (day + 1) % Options.Days)
            new DayActivity(Options, _staff, _care).Generate(day, records);
        records.Sort(ByInstant);
        var first = (records.Count - count) / 2;
        return Rendered(records.GetRange(first, count), until);
    }

    /// <summary>All accesses in the order of commit.</summary>
    internal IEnumerable<AccessRecord> Records()
    {
        var activity = new DayActivity(Options, _staff, _care);
        var pending = new List<AccessRecord>();
        for (var day = 0; day < Options.Days; day++)
        {
            activity.Generate(day, pending);
            pending.AddRange(_attacks.On(day));
            pending.Sort(ByInstant);
            // Night shifts reach into the next day: their events wait for it.
            var end = day == Options.Days - 1 ? long.MaxValue : Options.Start.UtcTicks + (day + 1) * TimeSpan.TicksPerDay;
            var count = 0;
            while (count < pending.Count && pending[count].Ticks < end)
                yield return pending[count++];
            pending.RemoveRange(0, count);
        }
    }

    internal void Render(long number, in AccessRecord record, Utf8Builder text) => _writer.Render(number, record, text);

    private static int ByInstant(AccessRecord left, AccessRecord right)
    {
        var byTicks = left.Ticks.CompareTo(right.Ticks);
        if (byTicks != 0)
            return byTicks;
        var byAgent = left.Agent.CompareTo(right.Agent);
        return byAgent != 0
            ? byAgent
            : (left.Patient, left.Action, left.Type, left.Target, left.DelayMilliseconds).CompareTo(
                (right.Patient, right.Action, right.Type, right.Target, right.DelayMilliseconds)
            );
    }

    private List<byte[]> Rendered(List<AccessRecord> records, DateTimeOffset until)
    {
        records.Sort(ByInstant);
        var shift = until.UtcTicks - until.UtcTicks % TimeSpan.TicksPerMillisecond - records[^1].Ticks;
        var rendered = new List<byte[]>(records.Count);
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            record.Ticks += shift;
            rendered.Add(_writer.RenderNew(long.MaxValue / 2 + i, record));
        }
        return rendered;
    }

    private long EstimateEvents()
    {
        var records = new List<AccessRecord>();
        var activity = new DayActivity(Options, _staff, _care);
        var days = Math.Min(7, Options.Days);
        var from = Math.Min(Options.TrainingDays, Options.Days - days);
        for (var day = from; day < from + days; day++)
            activity.Generate(day, records);
        return records.Count * (long)Options.Days / days;
    }

    /// <summary>Employees who are patients themselves, and patients who are their relatives or share their address.</summary>
    private void DrawRelatives()
    {
        foreach (var member in _staff.Members.Take(_staff.People))
        {
            var random = SplitMix.For(Options.Seed, 0x5E1, member.Index);
            if (random.Chance(20) && random.Next(Options.Patients) is var own && _relatives.TryAdd(own, member))
                member.OwnPatient = own;
            for (var i = random.Between(0, 3); i > 0; i--)
            {
                var patient = random.Next(Options.Patients);
                if (_relatives.TryAdd(patient, member))
                    member.Relatives.Add(patient);
            }
        }
    }

    private int[] DrawVips()
    {
        var random = SplitMix.For(Options.Seed, 0x71B, 0);
        var vips = new HashSet<int>();
        // Most of them are in the house in the days of the attacks.
        for (var tries = 0; tries < 200 && vips.Count < Vips - 3; tries++)
        {
            var present = _care
                .VisitsOn(random.Between(Math.Min(Options.TrainingDays, Options.Days - 1), Options.Days - 1))
                .Where(visit => _care.Visits[visit].Kind == VisitKind.Inpatient)
                .ToArray();
            if (present.Length > 0)
                vips.Add(_care.Visits[random.Pick(present)].Patient);
        }
        while (vips.Count < Vips)
            vips.Add(random.Next(Options.Patients));
        return [.. vips.Order()];
    }
}
