using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Loading;

/// <summary>
/// What loading a page will do, decided from the page and the stored versions before anything is written.
/// Each version of a resource counts once per run (docs/watermark.md): a version that this run has counted before is refetched.
/// </summary>
internal sealed class LoadPlan
{
    private readonly RunRecord _run;
    private readonly ILookup<(string Type, string Id), OpenLetter> _letters;

    // The stored versions, as they will be after the resources before the current one.
    private readonly Dictionary<(string Type, string Id), StoredResource> _stored;
    private readonly Dictionary<(string Type, string Id), PreparedResource> _writes = [];
    private readonly HashSet<(string, string, string, string)> _newLetterKeys = [];

    private LoadPlan(
        RunRecord run,
        Dictionary<(string Type, string Id), StoredResource> stored,
        ILookup<(string Type, string Id), OpenLetter> letters
    )
    {
        (_run, _stored, _letters) = (run, stored, letters);
    }

    /// <summary>The resources to write: the newest version of each in the page.</summary>
    public IReadOnlyCollection<PreparedResource> Writes => _writes.Values;

    /// <summary>None of <see cref="Writes"/> was ever stored, so no table has rows of them.</summary>
    public bool WritesAreNew { get; private set; } = true;

    /// <summary>Failures without an open letter.</summary>
    public List<PreparedResource> NewLetters { get; } = [];

    /// <summary>Replayed letters that failed again.</summary>
    public List<PreparedResource> RenewedLetters { get; } = [];

    /// <summary>Letters to resolve because their version, or a newer one, is stored now.</summary>
    public HashSet<long> Superseded { get; } = [];

    /// <summary>Letters to resolve because their replay succeeded.</summary>
    public HashSet<long> Replayed { get; } = [];

    /// <summary>Versions to count if this run has not counted them before.</summary>
    public List<(PreparedResource Resource, SeenAs As)> Seen { get; } = [];

    /// <summary>Versions that load now, with open letters of earlier runs: this run may have counted them as failures.</summary>
    public List<(PreparedResource Resource, SeenAs As)> Recovered { get; } = [];

    /// <summary>Resources that the server deleted and that are stored.</summary>
    public List<PreparedResource> Deletions { get; } = [];

    /// <summary>What this page adds to the run's counters, without <see cref="Seen"/>.</summary>
    public PageCounters Counters { get; } = new();

    private bool IsStale { get; set; }

    /// <summary>Null when the database has changed since the page was prepared: prepare it again.</summary>
    public static LoadPlan? Make(
        RunRecord run,
        PreparedPage page,
        Dictionary<(string Type, string Id), StoredResource> stored,
        ILookup<(string Type, string Id), OpenLetter> letters
    )
    {
        var plan = new LoadPlan(run, new Dictionary<(string, string), StoredResource>(stored), letters);
        foreach (var resource in page.Resources)
        {
            if (resource.Incoming.Kind == EntryKind.Deletion)
                plan.Delete(resource);
            else if (resource.Failure is not null)
                plan.Fail(resource, resource.Failure);
            else
                plan.Load(resource);
        }

        return plan.IsStale ? null : plan;
    }

    private void Load(PreparedResource resource)
    {
        var key = (resource.ResourceType, resource.Id!);
        var known = _stored.GetValueOrDefault(key);
        if (known is null or { IsDeleted: true } || IsNewer(resource, known))
        {
            IsStale |= resource.ResourceRow < 0;
            WritesAreNew &= known is null || _writes.ContainsKey(key);
            _stored[key] = new StoredResource(resource.Version, _run.RunId, IsDeleted: false);
            _writes[key] = resource;
            if (CountedAs(resource, key) is { } letter)
                Recount(resource, letter);
            else
                CountWrite(resource.Incoming.Kind);
        }
        else if (known.RunId == _run.RunId && !_run.IsReplay)
        {
            CountRefetched(resource);
        }
        else
        {
            Seen.Add((resource, resource.IsCounted ? SeenAs.Unchanged : SeenAs.NotCounted));
        }

        ResolveLetters(resource, key);
    }

    /// <summary>The open letter that says how this run may have counted the version before it could load it.</summary>
    private OpenLetter? CountedAs(PreparedResource resource, (string Type, string Id) key) =>
        _run.IsReplay || !resource.IsCounted ? null : _letters[key].FirstOrDefault(l => l.VersionKey == resource.Key);

    /// <summary>A version that failed in this run and loads now stays counted once: the failure is taken back.</summary>
    private void Recount(PreparedResource resource, OpenLetter letter)
    {
        if (letter.RunId == _run.RunId)
            Counters.Recover(As(letter.Stage));
        else
            Recovered.Add((resource, As(letter.Stage)));
    }

    private bool IsNewer(PreparedResource resource, StoredResource known)
    {
        switch (VersionRule.Compare(resource.Version, known.Version))
        {
            case VersionOrder.Newer:
                return true;
            case VersionOrder.Same or VersionOrder.Older:
                return false;
            case VersionOrder.Tied when !resource.WinsTies && !_run.IsReplay:
                IsStale = true; // the stored version is new since the preparation, which would have read from the server
                return false;
            default:
                return resource.WinsTies || !_run.IsReplay;
        }
    }

    /// <summary>Resolves the letters of this version and of older ones.</summary>
    private void ResolveLetters(PreparedResource resource, (string Type, string Id) key)
    {
        foreach (var letter in _letters[key])
        {
            if (letter.Id == resource.Incoming.LetterId)
                Replayed.Add(letter.Id);
            else if (VersionRule.Compare(letter.Version, resource.Version) is VersionOrder.Same or VersionOrder.Older)
                Superseded.Add(letter.Id);
        }
    }

    private void Fail(PreparedResource resource, Failure failure)
    {
        var id = resource.Id ?? "";
        var versionKey = resource.Key;
        var open = _letters[(resource.ResourceType, id)].FirstOrDefault(l => l.VersionKey == versionKey && l.Stage == failure.Stage);
        if (resource.Incoming.LetterId is { } replayed)
        {
            // It fails at another stage now, where a letter of the same version is open already: one letter is enough.
            if (open is not null && open.Id != replayed)
                Superseded.Add(replayed);
            else
                RenewedLetters.Add(resource);
            CountFailure(resource, failure.Stage);
        }
        else if (open?.RunId == _run.RunId || !_newLetterKeys.Add((resource.ResourceType, id, versionKey, failure.Stage)))
        {
            CountRefetched(resource);
        }
        else if (open is not null)
        {
            Seen.Add((resource, resource.IsCounted ? As(failure.Stage) : SeenAs.NotCounted));
        }
        else
        {
            NewLetters.Add(resource);
            CountFailure(resource, failure.Stage);
        }
    }

    private void Delete(PreparedResource resource)
    {
        var key = (resource.ResourceType, resource.Id!);
        if (!_stored.TryGetValue(key, out var known) || known.IsDeleted)
            return;
        if (resource.Version.LastUpdatedTicks is { } at && known.Version.LastUpdatedTicks > at)
            return; // created again since
        _stored[key] = known with { IsDeleted = true };
        _writes.Remove(key);
        Deletions.Add(resource);
        Counters.Deleted++;
    }

    private static SeenAs As(string stage) =>
        stage switch
        {
            DeadLetterStage.Validate => SeenAs.Invalid,
            DeadLetterStage.Transform => SeenAs.TransformError,
            _ => SeenAs.LoadError,
        };

    private void CountWrite(EntryKind kind)
    {
        switch (kind)
        {
            case EntryKind.MissingPatient:
                Counters.PatientsFetched++;
                Counters.PatientsUpserted++;
                break;
            case EntryKind.Include:
                Counters.Included++;
                break;
            default:
                Counters.CountWritten();
                break;
        }
    }

    private void CountRefetched(PreparedResource resource)
    {
        if (resource.IsCounted)
            Counters.Refetched++;
    }

    private void CountFailure(PreparedResource resource, string stage)
    {
        Counters.DeadLetters++;
        if (resource.IsCounted)
            Counters.Count(As(stage));
    }
}
