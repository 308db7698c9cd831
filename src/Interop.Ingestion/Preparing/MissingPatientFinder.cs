using Interop.Fhir.Client;
using Interop.Fhir.Schema;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Preparing;

/// <summary>Finds the patients that resources point to and the database lacks. Such a resource is not loaded without its patient, and never
/// dropped.</summary>
internal sealed class MissingPatientFinder(Database database, FhirClient? client, RunWaits waits, RunRecord run, TimeProvider time)
{
    private const int IdsPerRequest = 50;
    private const int MaxKnown = 100_000;

    /// <summary>A patient that another run deletes is asked for again after this time.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(10);

    // Many resources point to one patient. Pages are prepared in parallel.
    private readonly Lock _lock = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long _knownSince = time.GetTimestamp();

    /// <summary>Fetches the missing patients, when the run asks for it.</summary>
    public async Task<IReadOnlyList<IncomingResource>> FindAsync(List<PreparedResource> resources, CancellationToken cancellationToken)
    {
        if (run.MissingPatients != MissingPatientRule.Fetch || client is null)
            return [];

        var missing = await MissingAsync(resources, cancellationToken);
        var found = new List<IncomingResource>();
        foreach (var ids in missing.Where(FhirId.IsValid).Chunk(IdsPerRequest))
        {
            var url = new Uri($"Patient?_id={string.Join(',', ids)}&_count={IdsPerRequest}", UriKind.Relative);
            for (var pages = 0; url is not null && pages < IdsPerRequest; pages++)
            {
                using var page = await waits.GetPageAsync(client, url, cancellationToken);
                Take(page, ids, found);
                url = page.Bundle.Next is { } next && Uri.TryCreate(next, UriKind.RelativeOrAbsolute, out var more) ? more : null;
            }
        }

        return found;
    }

    private static void Take(FhirPage page, string[] ids, List<IncomingResource> found)
    {
        if (page.Bundle.ResourceType != "Bundle")
        {
            var said = OperationOutcomeText.Read(page.Body.Memory.Span);
            const string NoBundle = "the answer to the search for missing patients is no Bundle";
            throw IngestionException.Upstream($"{NoBundle}{(said is null ? "" : $": {said}")}", NoBundle);
        }

        foreach (var entry in page.Bundle.Entries.Where(e => !e.Resource.IsEmpty))
        {
            // Copied, because this answer is disposed before the page.
            var raw = entry.Resource.ToArray();
            var header = ResourceHeader.Read(raw);
            if (header.ResourceType == "Patient" && header.Id is not null && ids.Contains(header.Id))
                found.Add(new IncomingResource(raw, header, EntryKind.MissingPatient));
        }
    }

    /// <summary>Marks as failed the resources whose patient is neither in the database nor, valid, in the page.</summary>
    public async Task MarkMissingAsync(List<PreparedResource> resources, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(resources, cancellationToken);
        if (missing.Count == 0)
            return;
        foreach (var resource in resources.Where(r => IsAboutPatient(r) && missing.Contains(r.PatientId!)))
        {
            resource.Failure = new Failure(
                DeadLetterStage.Load,
                $"Missing patient_id in DB: {resource.PatientId}",
                MissingPatientId: resource.PatientId
            );
        }
    }

    private async Task<HashSet<string>> MissingAsync(List<PreparedResource> resources, CancellationToken cancellationToken)
    {
        var wanted = resources.Where(IsAboutPatient).Select(r => r.PatientId!).ToHashSet(StringComparer.Ordinal);
        wanted.ExceptWith(resources.Where(r => r is { ResourceType: "Patient", Failure: null, Id: not null }).Select(r => r.Id!));
        RemoveKnown(wanted);
        if (wanted.Count == 0)
            return wanted;
        var known = await database.ReadAsync(
            // Text that cannot be an id is neither in the database nor on the server.
            (session, token) => ResourceStore.ExistingIdsAsync(session, run.Source, "Patient", wanted.Where(FhirId.IsValid), token),
            cancellationToken
        );
        wanted.ExceptWith(known);
        lock (_lock)
            _known.UnionWith(known);
        return wanted;
    }

    private void RemoveKnown(HashSet<string> wanted)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_knownSince) > KnownFor || _known.Count > MaxKnown)
            {
                _known.Clear();
                _knownSince = time.GetTimestamp();
            }

            wanted.ExceptWith(_known);
        }
    }

    private bool IsAboutPatient(PreparedResource resource) =>
        resource is { Failure: null, AlreadyStored: false, PatientId: not null } && resource.ResourceType == run.ResourceType;
}
