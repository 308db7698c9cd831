using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Fhir.Validation;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Preparing;

/// <summary>
/// Prepares a page for loading: finds the versions that are stored already, validates, fetches missing patients, makes the rows. Pages are
/// prepared in parallel, so what the database says here is a hint; the loader asks again inside its transaction.
/// </summary>
internal sealed class PagePreparer(
    Database database,
    ResourceValidator validator,
    ViewCatalog catalog,
    FhirClient? client,
    RunWaits waits,
    RunRecord run,
    TimeProvider time
)
{
    private readonly MissingPatientFinder _patients = new(database, client, waits, run, time);
    private readonly NewPageGuess _guess = new(run is { IsReplay: false, Since: null });
    private readonly string _source = run.Source;

    /// <summary>Prepares a page; may be called again for the same page.</summary>
    /// <param name="refused">What an earlier call returned and the loader could not load; null in the first call.</param>
    public async Task<PreparedPage> PrepareAsync(IncomingPage page, PreparedPage? refused, CancellationToken cancellationToken)
    {
        if (refused is { IsTakenAsNew: true })
            _guess.WasWrong();
        var resources = page.Resources.Select(r => Identify(r, winsTies: run.Mode == RunMode.Files)).ToList();
        var isTakenAsNew = refused is null && _guess.ExpectsNew && resources.TrueForAll(r => r.Incoming.Kind != EntryKind.Deletion);
        await RecogniseAsync(resources, isTakenAsNew, cancellationToken);
        try
        {
            foreach (var resource in resources)
                Validate(resource, cancellationToken);

            if (run.MissingPatients != MissingPatientRule.Ignore)
            {
                var fetched = await _patients.FindAsync(resources, cancellationToken);
                foreach (var incoming in fetched)
                {
                    var patient = Identify(incoming);
                    Validate(patient, cancellationToken);
                    resources.Insert(0, patient);
                }

                await _patients.MarkMissingAsync(resources, cancellationToken);
            }

            var prepared = new PreparedPage(page, resources, await catalog.CurrentAsync(cancellationToken)) { IsTakenAsNew = isTakenAsNew };
            foreach (var resource in resources)
                WriteRows(prepared, resource, cancellationToken);
            return prepared;
        }
        finally
        {
            foreach (var resource in resources)
            {
                resource.Document?.Dispose();
                resource.Document = null;
            }
        }
    }

    private static PreparedResource Identify(IncomingResource incoming, bool winsTies = false)
    {
        var header = incoming.Header;
        // Sanitize ids (NUL, length) before using them as SQL parameters.
        var version = new ResourceVersion(
            StorableText.OfId(header.VersionId),
            header.LastUpdated?.UtcTicks,
            ResourceVersion.HashOf(incoming.Raw.Span)
        );
        var resource = new PreparedResource(incoming, StorableText.OfId(header.ResourceType) ?? "", StorableText.OfId(header.Id), version)
        {
            WinsTies = winsTies,
        };
        if (incoming.Kind == EntryKind.Malformed)
            resource.Failure = new Failure(DeadLetterStage.Validate, incoming.Problem!);
        return resource;
    }

    /// <summary>Marks the versions that are stored already, and reads from the server where two versions have the same instant.</summary>
    private async Task RecogniseAsync(List<PreparedResource> resources, bool isTakenAsNew, CancellationToken cancellationToken)
    {
        var stored = isTakenAsNew ? [] : await FindStoredAsync(resources, cancellationToken);
        var inPage = new Dictionary<(string Type, string Id), ResourceVersion>();
        for (var i = 0; i < resources.Count; i++)
        {
            var resource = resources[i];
            if (resource.Failure is not null || resource.Id is null)
                continue;
            var key = (resource.ResourceType, resource.Id);
            var known = stored.GetValueOrDefault(key);
            var order = known is null ? VersionOrder.Newer : VersionRule.Compare(resource.Version, known.Version);
            if (run.IsReplay && order is VersionOrder.Tied or VersionOrder.Unordered)
                order = VersionOrder.Older; // the stored version came from the server after the letter was opened

            if (order is VersionOrder.Same or VersionOrder.Older)
            {
                resource.AlreadyStored = !known!.IsDeleted;
            }
            else if (
                client is not null
                && !run.IsReplay
                && resource.Incoming.Kind is EntryKind.Match or EntryKind.Include
                && (
                    order == VersionOrder.Tied
                    || (inPage.TryGetValue(key, out var before) && VersionRule.Compare(resource.Version, before) == VersionOrder.Tied)
                )
            )
            {
                resources[i] = await AskServerAsync(client, resource, cancellationToken);
            }

            inPage[key] = resources[i].Version;
        }
    }

    private async Task<Dictionary<(string Type, string Id), StoredResource>> FindStoredAsync(
        List<PreparedResource> resources,
        CancellationToken cancellationToken
    )
    {
        var stored = await database.ReadAsync(
            (session, token) => ResourceStore.FindAsync(session, _source, resources.Select(r => (r.ResourceType, r.Id)), token),
            cancellationToken
        );
        if (resources.Count > 0)
            _guess.Learn(isNew: stored.Count == 0);
        return stored;
    }

    private async Task<PreparedResource> AskServerAsync(FhirClient client, PreparedResource tied, CancellationToken cancellationToken)
    {
        var url = new Uri($"{tied.ResourceType}/{Uri.EscapeDataString(tied.Id!)}", UriKind.Relative);
        try
        {
            using var answer = await waits.GetPageAsync(client, url, cancellationToken);
            var raw = answer.Body.Memory.ToArray();
            var header = ResourceHeader.Read(raw);
            return header.ResourceType == tied.ResourceType && header.Id == tied.Id
                ? Identify(new IncomingResource(raw, header, tied.Incoming.Kind), winsTies: true)
                : throw IngestionException.Upstream(
                    $"reading {url} to settle a tie of versions brought {header.ResourceType}/{header.Id}",
                    "reading a resource to settle a tie of versions brought another resource"
                );
        }
        catch (FhirRequestException e) when (e.Status == HttpStatusCode.Gone)
        {
            var deletion = tied.Incoming with { Kind = EntryKind.Deletion, Raw = default };
            return new PreparedResource(deletion, tied.ResourceType, tied.Id, tied.Version);
        }
        catch (FhirRequestException e) when (e.IsGone)
        {
            // Deleted since the search: the version of the search is the latest.
            return new PreparedResource(tied.Incoming, tied.ResourceType, tied.Id, tied.Version) { WinsTies = true };
        }
    }

    private void Validate(PreparedResource resource, CancellationToken cancellationToken)
    {
        if (resource.Failure is not null || resource.AlreadyStored || resource.Incoming.Kind == EntryKind.Deletion)
            return;

        var result = validator.Validate(resource.Incoming.Raw.Span, cancellationToken);
        if (result.HasErrors)
        {
            resource.Failure = Invalid(result.Issues);
            return;
        }

        if (resource.Id is null)
        {
            resource.Failure = new Failure(DeadLetterStage.Validate, "the resource has no id: it cannot be stored");
            return;
        }

        resource.Document = JsonDocument.Parse(resource.Incoming.Raw, new JsonDocumentOptions { MaxDepth = 128 });
        resource.PatientId = PatientReference.IdOf(resource.Document.RootElement);
    }

    private static Failure Invalid(ImmutableArray<ValidationIssue> issues)
    {
        var errors = issues.Where(i => i.Severity == IssueSeverity.Error).ToList();
        var text = $"{errors[0].Location}: {errors[0].Text}";
        if (errors.Count > 1)
            text += $" (and {errors.Count - 1} more)";
        var json = JsonSerializer.Serialize(
            issues.Select(i => new
            {
                severity = i.Severity.ToString().ToLowerInvariant(),
                code = i.Code,
                location = i.Location,
                text = i.Text,
            })
        );
        return new Failure(DeadLetterStage.Validate, text, json);
    }

    private void WriteRows(PreparedPage page, PreparedResource resource, CancellationToken cancellationToken)
    {
        if (resource.Failure is not null || resource.Document is not { } document)
            return;

        var raw = resource.Incoming.Raw;
        var now = time.GetUtcNow();
        var origin = new RowOrigin(_source, resource.Id!, run.RunId, now, raw);
        foreach (var table in page.Views.TablesOf(resource.ResourceType))
        {
            var rows = page.RowsOf(table);
            try
            {
                var count = rows.Append(document.RootElement, origin, cancellationToken);
                resource.Rows.Add((table, rows.Batch.Count - count, count));
            }
            catch (Exception e) when (table.IsUserDefined && e is not (OutOfMemoryException or OperationCanceledException))
            {
                resource.ViewFailures.Add((table, Failure.OfView(table.Name, e).Error));
            }
            catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
            {
                // A view that fails on a resource costs this resource only: it becomes a dead letter with the reason.
                resource.Failure = Failure.OfView(table.Name, e);
                foreach (var (made, first, _) in resource.Rows)
                    page.RowsOf(made).Batch.Truncate(first);
                resource.Rows.Clear();
                return;
            }
        }

        ResourceStore.Append(
            page.ResourceRows,
            _source,
            resource.ResourceType,
            resource.Id!,
            resource.Version,
            run.RunId,
            time.GetUtcNow(),
            raw.Span
        );
        resource.ResourceRow = page.ResourceRows.Count - 1;
    }
}
