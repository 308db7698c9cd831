using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Tm2;

/// <summary>
/// Writes records to OpenMRS: one encounter per patient and day, with one obs per record. Every attempt searches first, so an uncertain
/// write is found instead of repeated. The obs carries the record's hash in its comment.
/// </summary>
internal sealed class Tm2Submitter(
    Tm2Format format,
    Tm2Mappings mappings,
    OpenMrsClient client,
    OpenMrsDirectory directory,
    int parallelism
) : IRowSubmitter
{
    public string? NotConfigured => client.IsConfigured ? null : "OPENMRS_BASE_URL is not set: the records are stored and stay pending";

    public int Parallelism => parallelism;

    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Two files at once may have records of one patient: the patient and the encounter of a day must not be created twice.
    public IEnumerable<RowGroup> Group(IReadOnlyList<FileRow> rows) =>
        rows.GroupBy(row => format.Read(row.Fields, out _) is { } record ? (record.PatientId, record.DiagnosisDate) : ("", default))
            .Select(group => new RowGroup(LockKey(group.Key.Item1), [.. group]));

    public async Task<IReadOnlyList<RowOutcome>> SubmitAsync(RowGroup group, CancellationToken cancellationToken)
    {
        var records = group.Rows.Select(row => format.Read(row.Fields, out _)!).ToArray();
        var outcomes = new RowOutcome?[records.Length];
        try
        {
            var concepts = await ConceptsAsync(records, outcomes, cancellationToken);
            var open = Enumerable.Range(0, records.Length).Where(i => outcomes[i] is null).ToArray();
            if (open.Length > 0)
                await WriteAsync(records, concepts, open, outcomes, cancellationToken);
        }
        catch (OpenMrsException e)
        {
            var outcome = Outcome(e);
            for (var i = 0; i < outcomes.Length; i++)
                outcomes[i] ??= outcome;
        }
        return outcomes!;
    }

    private static string LockKey(string patientId) =>
        $"openmrs/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(patientId)))}";

    private static RowOutcome Outcome(OpenMrsException e) =>
        e.Failure switch
        {
            OpenMrsFailure.NotAuthenticated => RowOutcome.Stop(
                "OpenMRS refuses the credentials: check OPENMRS_USERNAME and OPENMRS_PASSWORD"
            ),
            OpenMrsFailure.Unavailable => RowOutcome.Unavailable(e.Message, e.RetryAfter),
            _ => RowOutcome.Refused(e.Message),
        };

    /// <summary>A record without a concept fails alone.</summary>
    private async Task<string[]> ConceptsAsync(Tm2Record[] records, RowOutcome?[] outcomes, CancellationToken cancellationToken)
    {
        var concepts = new string[records.Length];
        for (var i = 0; i < records.Length; i++)
        {
            var mapping = mappings.Find(records[i].Code);
            try
            {
                concepts[i] = await directory.ConceptAsync(
                    mapping?.Icd11 ?? records[i].Code,
                    mapping?.Title ?? records[i].ConditionName,
                    cancellationToken
                );
            }
            catch (OpenMrsException e) when (e.Failure == OpenMrsFailure.Refused)
            {
                outcomes[i] = Outcome(e);
            }
        }
        return concepts;
    }

    private async Task WriteAsync(
        Tm2Record[] records,
        string[] concepts,
        int[] open,
        RowOutcome?[] outcomes,
        CancellationToken cancellationToken
    )
    {
        var day = records[0].DiagnosisDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var patient = await directory.PatientAsync(records[0].PatientId, cancellationToken);
        var type = await directory.EncounterTypeAsync(cancellationToken);
        var found = await client.SearchAsync(
            "encounter",
            $"patient={patient}&encounterType={type}&fromdate={day}&todate={day}T23:59:59&v=full",
            cancellationToken
        );
        var encounter = found.Count > 0 ? found[0] : null;
        var missing = open.Where(i => ObsOf(encounter, records[i]) is null).ToArray();
        if (encounter is null)
        {
            encounter = await client.CreateAsync(
                "encounter",
                new JsonObject
                {
                    ["patient"] = patient,
                    ["encounterType"] = type,
                    ["location"] = await directory.LocationAsync(cancellationToken),
                    ["encounterDatetime"] = $"{day}T00:00:00.000+0000",
                    ["encounterProviders"] = await ProvidersAsync(records, cancellationToken),
                    ["obs"] = new JsonArray([.. missing.Select(i => Obs(records[i], concepts[i]))]),
                },
                cancellationToken
            );
        }
        else
        {
            foreach (var i in missing)
            {
                var obs = Obs(records[i], concepts[i]);
                obs["encounter"] = OpenMrsClient.Uuid(encounter);
                obs["person"] = patient;
                obs["obsDatetime"] = $"{day}T00:00:00.000+0000";
                var created = await client.CreateAsync("obs", obs, cancellationToken);
                outcomes[i] = Succeeded(patient, encounter, OpenMrsClient.Uuid(created), records[i]);
            }
        }
        foreach (var i in open)
            outcomes[i] ??= Succeeded(
                patient,
                encounter,
                ObsOf(encounter, records[i]) is { } obs ? OpenMrsClient.Uuid(obs) : null,
                records[i]
            );
    }

    /// <summary>The practitioners that OpenMRS knows; the others are named in the comments of the obs only.</summary>
    private async Task<JsonArray> ProvidersAsync(Tm2Record[] records, CancellationToken cancellationToken)
    {
        var providers = new JsonArray();
        foreach (var practitioner in records.Select(record => record.PractitionerId).Distinct(StringComparer.Ordinal))
        {
            if (await directory.ProviderAsync(practitioner, cancellationToken) is { } provider)
                providers.Add(
                    new JsonObject { ["provider"] = provider, ["encounterRole"] = await directory.EncounterRoleAsync(cancellationToken) }
                );
        }
        return providers;
    }

    private RowOutcome Succeeded(string patient, JsonObject encounter, string? obs, Tm2Record record) =>
        new(
            OutcomeKind.Succeeded,
            JsonSerializer.Serialize(
                new Dictionary<string, string?>
                {
                    ["patient"] = patient,
                    ["encounter"] = OpenMrsClient.Uuid(encounter),
                    ["obs"] = obs,
                }
            ),
            UnknownTerms: mappings.Find(record.Code) is null ? [record.Code] : null
        );

    private static JsonObject Obs(Tm2Record record, string concept) =>
        new()
        {
            ["concept"] = concept,
            ["value"] = $"{record.ConditionName} ({record.SystemType}, {record.Severity})",
            ["comment"] = $"practitioner {record.PractitionerId}; record {record.Hash}",
        };

    private static JsonObject? ObsOf(JsonObject? encounter, Tm2Record record) =>
        (encounter?["obs"] as JsonArray)
            ?.OfType<JsonObject>()
            .FirstOrDefault(obs => ((string?)obs["comment"])?.EndsWith(record.Hash, StringComparison.Ordinal) == true);
}
