using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Faults;

/// <summary>
/// The rules in force and what they did. Which request a rule hits depends on its seed and on how many matching requests there were, not on
/// time: the same sequence of requests meets the same faults.
/// </summary>
public sealed class FaultBook
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<FaultKind, long> _fired = [];
    private List<Entry> _entries = [];

    internal FaultBook(TimeProvider time) => _time = time;

    private sealed class Entry(FaultRule rule, DateTimeOffset since)
    {
        public FaultRule Rule => rule;

        public DateTimeOffset Since => since;

        public int Matched { get; set; }

        public int Fired { get; set; }

        public Dictionary<string, int> Searches { get; } = [];
    }

    public IReadOnlyList<FaultRule> Rules
    {
        get
        {
            lock (_gate)
                return [.. _entries.Select(entry => entry.Rule)];
        }
    }

    /// <summary>How often each kind fired since the start.</summary>
    public IReadOnlyDictionary<FaultKind, long> Fired
    {
        get
        {
            lock (_gate)
                return new Dictionary<FaultKind, long>(_fired);
        }
    }

    /// <summary>Replaces all rules; their counters start anew.</summary>
    public void Set(params IReadOnlyList<FaultRule> rules)
    {
        foreach (var rule in rules)
            rule.Validate();
        lock (_gate)
            _entries = [.. rules.Select(rule => new Entry(rule, _time.GetUtcNow()))];
    }

    public void Clear() => Set();

    internal static bool ReplacesTheAnswer(FaultKind kind) =>
        kind
            is FaultKind.TooManyRequests
                or FaultKind.Unauthorized
                or FaultKind.Conflict
                or FaultKind.Unprocessable
                or FaultKind.Unavailable
                or FaultKind.ServerError
                or FaultKind.ExpiredPaging
                or FaultKind.ExpiredExportFile
                or FaultKind.OutcomeAnswer
                or FaultKind.NotABundle
                or FaultKind.HugeBody;

    internal FaultPlan Plan(in RequestFacts facts)
    {
        lock (_gate)
        {
            if (_entries.Count == 0)
                return FaultPlan.Nothing;
            var firing = new List<FaultRule>();
            var isReplaced = false;
            // Faults that replace the answer go first: a fault in the body of a replaced answer would be counted but have no effect.
            foreach (var replacing in (ReadOnlySpan<bool>)[true, false])
            {
                foreach (var entry in _entries)
                {
                    var kind = entry.Rule.Kind;
                    if (
                        ReplacesTheAnswer(kind) != replacing
                        || (isReplaced && kind is not (FaultKind.SlowHeaders or FaultKind.ClockSkew))
                        || !Fires(entry, facts)
                    )
                        continue;
                    isReplaced |= replacing;
                    firing.Add(entry.Rule);
                    _fired[kind] = _fired.GetValueOrDefault(kind) + 1;
                }
            }
            return firing.Count == 0 ? FaultPlan.Nothing : new FaultPlan(firing);
        }
    }

    /// <summary>Which resources of a type a reader cannot see yet; a search for the first page counts.</summary>
    internal Func<int, bool>? HiddenRows(string type, bool isSearch)
    {
        lock (_gate)
        {
            List<FaultRule>? hiding = null;
            foreach (var entry in _entries)
            {
                var rule = entry.Rule;
                if (rule.Kind != FaultKind.LateRows || (rule.Type is not null && rule.Type != type))
                    continue;
                var searches = entry.Searches.GetValueOrDefault(type);
                if (isSearch)
                    entry.Searches[type] = searches + 1;
                if (
                    searches >= rule.AfterSearches
                    || (rule.Seconds is { } seconds && _time.GetUtcNow() - entry.Since >= TimeSpan.FromSeconds(seconds))
                )
                    continue;
                (hiding ??= []).Add(rule);
                if (isSearch)
                    _fired[FaultKind.LateRows] = _fired.GetValueOrDefault(FaultKind.LateRows) + 1;
            }
            return hiding is null ? null : resource => hiding.Exists(rule => IsDrawn(rule, resource));
        }
    }

    private static bool Fires(Entry entry, in RequestFacts facts)
    {
        var rule = entry.Rule;
        if (
            !CanApply(rule.Kind, facts)
            || (rule.Type is not null && rule.Type != facts.Type)
            || (rule.Path is not null && !facts.PathAndQuery.Contains(rule.Path, StringComparison.Ordinal))
            || (rule.Pages is not null && !rule.Pages.Contains(facts.Page))
            || entry.Fired >= rule.Times
        )
            return false;
        entry.Matched++;
        if (rule.Every is { } every && entry.Matched % every != 0)
            return false;
        if (!IsDrawn(rule, entry.Matched))
            return false;
        entry.Fired++;
        return true;
    }

    private static bool IsDrawn(FaultRule rule, int number) =>
        rule.Rate >= 1 || SplitMix.For(rule.Seed, (ulong)rule.Kind + 0xFA17, number).Next(1_000_000) < rule.Rate * 1_000_000;

    private static bool IsExport(in RequestFacts facts, string part) => facts.PathAndQuery.Contains(part, StringComparison.Ordinal);

    private static bool CanApply(FaultKind kind, in RequestFacts facts) =>
        kind switch
        {
            FaultKind.LateRows => false, // works on rows, not on requests
            FaultKind.ExpiredPaging => facts.IsNext,
            FaultKind.LostExport or FaultKind.EndlessExport or FaultKind.ForeignExportFile => IsExport(facts, "$export-status"),
            FaultKind.ExpiredExportFile
            or FaultKind.WrongExportType
            or FaultKind.TruncatedExportLine
            or FaultKind.ShortExportFile
            or FaultKind.RedirectedExportFile => IsExport(facts, "$export-file"),
            FaultKind.DuplicatedPage => facts is { IsSearch: true, IsRepetition: false },
            FaultKind.OutcomeEntry
            or FaultKind.IncludedEntries
            or FaultKind.OutcomeAnswer
            or FaultKind.NotABundle
            or FaultKind.EntryWithoutResource
            or FaultKind.EntryOfAnotherType
            or FaultKind.RepeatedNext
            or FaultKind.ForeignNext => facts.IsSearch,
            _ => true,
        };
}
