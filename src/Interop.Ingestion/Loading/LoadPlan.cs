using Interop.Ingestion.Fetching;
using Interop.Ingestion.Preparing;
using Interop.Ingestion.Runs;

namespace Interop.Ingestion.Loading;

/// <summary>As what a resource is counted that leaves no other mark of this run.</summary>
internal enum SeenAs
{
    Unchanged,
    Invalid,
    TransformError,
    LoadError,

    /// <summary>An include or a fetched patient: not counted as fetched.</summary>
    Bystander,
}

/// <summary>
/// What loading a page will do, decided from the page and from what the database holds, before anything is written.
/// It counts each version of a resource once per run (docs/watermark.md): what already carries this run's mark is refetched.
/// </summary>
internal sealed class LoadPlan
{
    private readonly RunRecord _run;
    private readonly ILookup<(string Type, string Id), OpenLetter> _letters;

    // What is stored, as it will be after the resources before the current one.
    private readonly Dictionary<(string Type, string Id), StoredResource> _stored;
    private readonly Dictionary<(string Type, string Id), PreparedResource> _writes = [];
    private readonly HashSet<(string, string, string, string)> _newLetterKeys = [];

    private LoadPlan(
        RunRecord run, Dictionary<(string Type, string Id), StoredResource> stored, ILookup<(string Type, string Id), OpenLetter> letters)
    {
        (_run, _stored, _letters) = (run, stored, letters);
    }

    /// <summary>What is to be written: the newest of each resource in the page.</summary>
    public IReadOnlyCollection<PreparedResource> Writes => _writes.Values;

    /// <summary>Nothing of <see cref="Writes"/> was ever stored: no row of theirs is anywhere.</summary>
    public bool WritesAreNew { get; private set; } = true;

    /// <summary>Failures without an open letter.</summary>
    public List<PreparedResource> NewLetters { get; } = [];

    /// <summary>Replayed letters that failed again.</summary>
    public List<PreparedResource> RenewedLetters { get; } = [];

    /// <summary>Letters settled because their resource, or a newer version of it, is stored now.</summary>
    public HashSet<long> Superseded { get; } = [];

    /// <summary>Letters settled by replaying them.</summary>
    public HashSet<long> Replayed { get; } = [];

    /// <summary>To be counted if this run has not counted it before.</summary>
    public List<(PreparedResource Resource, SeenAs As)> Seen { get; } = [];

    /// <summary>Resources that the server deleted and that are stored.</summary>
    public List<PreparedResource> Deletions { get; } = [];

    /// <summary>What this page adds, without <see cref="Seen"/>.</summary>
    public RunDelta Delta { get; } = new();

    /// <exception cref="StalePreparationException">The database has changed since the page was prepared.</exception>
    public static LoadPlan Make(
        RunRecord run,
        PreparedPage page,
        Dictionary<(string Type, string Id), StoredResource> stored,
        ILookup<(string Type, string Id), OpenLetter> letters)
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

        return plan;
    }

    private void Load(PreparedResource resource)
    {
        var key = (resource.ResourceType, resource.Id!);
        var known = _stored.GetValueOrDefault(key);
        if (known is null or { IsDeleted: true } || IsNewer(resource, known))
        {
            if (resource.ResourceRow < 0)
                throw new StalePreparationException();
            WritesAreNew &= known is null || _writes.ContainsKey(key);
            _stored[key] = new StoredResource(resource.Version, _run.RunId, IsDeleted: false);
            _writes[key] = resource;
            CountWrite(resource.Incoming.Kind);
        }
        else if (known.RunId == _run.RunId && !_run.IsReplay)
        {
            CountRefetched(resource.Incoming.Kind);
        }
        else
        {
            Seen.Add((resource, IsCounted(resource) ? SeenAs.Unchanged : SeenAs.Bystander));
        }

        Settle(resource, key);
    }

    private bool IsNewer(PreparedResource resource, StoredResource known) =>
        VersionRule.Compare(resource.Version, known.Version) switch
        {
            VersionOrder.Newer => true,
            VersionOrder.Same or VersionOrder.Older => false,
            _ when resource.IsServersWord => true,
            VersionOrder.Unordered => !_run.IsReplay,
            _ when _run.IsReplay => false,
            _ => throw new StalePreparationException(),
        };

    /// <summary>The letters of this resource that are no longer true: those of this version or an older one.</summary>
    private void Settle(PreparedResource resource, (string Type, string Id) key)
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
            // Failing elsewhere now, where another letter of the same version is open already: one letter is enough.
            if (open is not null && open.Id != replayed)
                Superseded.Add(replayed);
            else
                RenewedLetters.Add(resource);
            CountFailure(resource, failure.Stage);
        }
        else if (open?.RunId == _run.RunId || !_newLetterKeys.Add((resource.ResourceType, id, versionKey, failure.Stage)))
        {
            CountRefetched(resource.Incoming.Kind);
        }
        else if (open is not null)
        {
            Seen.Add((resource, IsCounted(resource) ? As(failure.Stage) : SeenAs.Bystander));
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
        _stored[key] = known with { IsDeleted = true };
        _writes.Remove(key);
        Deletions.Add(resource);
        Delta.Deleted++;
    }

    private static bool IsCounted(PreparedResource resource) => resource.Incoming.Kind is EntryKind.Match or EntryKind.Malformed;

    private static SeenAs As(string stage) => stage switch
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
                Delta.PatientsFetched++;
                Delta.PatientsUpserted++;
                break;
            case EntryKind.Include:
                Delta.Included++;
                break;
            default:
                Delta.Fetched++;
                Delta.Validated++;
                Delta.Upserted++;
                break;
        }
    }

    private void CountRefetched(EntryKind kind)
    {
        if (kind is EntryKind.Match or EntryKind.Malformed)
            Delta.Refetched++;
    }

    private void CountFailure(PreparedResource resource, string stage)
    {
        Delta.DeadLetters++;
        if (IsCounted(resource))
            Delta.Count(As(stage));
    }
}

/// <summary>The database has changed between preparing a page and loading it: it is to be prepared anew.</summary>
internal sealed class StalePreparationException() : Exception("the page was prepared against an older state of the database");
