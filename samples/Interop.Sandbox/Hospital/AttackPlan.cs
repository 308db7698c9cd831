using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>Draws the injected attacks and keeps their accesses by day.</summary>
internal sealed class AttackPlan
{
    private readonly Dictionary<int, List<AccessRecord>> _byDay = [];
    private readonly List<HospitalIncident> _incidents = [];
    private readonly AttackScenarios _scenarios;
    private readonly CareHistory _care;

    /// <summary>Takes kinds in turn until the incidents hold about <paramref name="events"/> events.</summary>
    public AttackPlan(HospitalOptions options, CareHistory care, AttackScenarios scenarios, long events)
    {
        _scenarios = scenarios;
        _care = care;
        var kinds = (options.Attacks ?? Enum.GetValues<AttackKind>()).Where(kind => kind != AttackKind.None).Distinct().Order().ToArray();
        var first = options.TrainingDays;
        var last = options.Days - 1;
        if (kinds.Length == 0 || last < first || events <= 0)
            return;
        long planned = 0;
        var fruitless = 0;
        for (var number = 0; planned < events && fruitless < 200; number++)
        {
            var random = SplitMix.For(options.Seed, 0xA77AC, number);
            var records = scenarios.Create(kinds[number % kinds.Length], random.Between(first, last), ref random);
            // Nothing of an attack may lie in the training days or after the end.
            records.RemoveAll(record => care.DayOf(record.Ticks) < first || care.DayOf(record.Ticks) > last);
            if (records.Count == 0)
            {
                fruitless++;
                continue;
            }
            fruitless = 0;
            Add(kinds[number % kinds.Length], records);
            planned += records.Count;
        }
    }

    public IReadOnlyList<HospitalIncident> Incidents => _incidents;

    public IReadOnlyList<AccessRecord> On(int day) => _byDay.TryGetValue(day, out var records) ? records : [];

    private void Add(AttackKind kind, List<AccessRecord> records)
    {
        var index = _incidents.Count;
        foreach (var record in records)
        {
            var labelled = record;
            labelled.Incident = index;
            labelled.Attack = kind;
            labelled.Confounder = Confounder.None;
            var day = _care.DayOf(record.Ticks);
            if (!_byDay.TryGetValue(day, out var list))
                _byDay.Add(day, list = []);
            list.Add(labelled);
        }
        _incidents.Add(
            new HospitalIncident(
                index,
                kind,
                [.. records.Select(record => record.Agent).Distinct()],
                [.. records.Where(record => record.Patient >= 0).Select(record => HospitalIds.Patient(record.Patient)).Distinct()],
                new DateTimeOffset(records.Min(record => record.Ticks), TimeSpan.Zero),
                new DateTimeOffset(records.Max(record => record.Ticks), TimeSpan.Zero),
                records.Count
            )
        );
    }
}
