using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Tm2;

/// <summary>
/// Finds, and where needed creates, the patients, concepts and metadata of OpenMRS. Found uuids are cached. Equal keys are looked up one
/// after the other, so that two records at once do not create one thing twice.
/// </summary>
internal sealed class OpenMrsDirectory(OpenMrsClient client, IOptions<Tm2Options> options)
{
    private const int MostCached = 200_000;
    private readonly ConcurrentDictionary<string, string> _uuids = new(StringComparer.Ordinal);
    private readonly KeyedLocks _locks = new();
    private long _patientsCreated;

    public long PatientsCreated => Interlocked.Read(ref _patientsCreated);

    public Task<string> IdentifierTypeAsync(CancellationToken cancellationToken) =>
        MetadataAsync("patientidentifiertype", options.Value.IdentifierType, null, cancellationToken);

    public Task<string> LocationAsync(CancellationToken cancellationToken) =>
        MetadataAsync("location", options.Value.Location, null, cancellationToken);

    public Task<string> EncounterTypeAsync(CancellationToken cancellationToken) =>
        MetadataAsync("encountertype", options.Value.EncounterType, "Consultation", cancellationToken);

    /// <summary>The provider with the identifier; null when OpenMRS has none.</summary>
    public async Task<string?> ProviderAsync(string identifier, CancellationToken cancellationToken) =>
        await CachedAsync(
            $"provider/{identifier}",
            async () =>
            {
                var found = await client.SearchAsync("provider", $"q={Uri.EscapeDataString(identifier)}&v=full", cancellationToken);
                return
                    found.FirstOrDefault(provider =>
                        string.Equals((string?)provider["identifier"], identifier, StringComparison.OrdinalIgnoreCase)
                    )
                        is { } match
                    ? OpenMrsClient.Uuid(match)
                    : "";
            },
            cancellationToken
        )
            is { Length: > 0 } uuid
            ? uuid
            : null;

    public Task<string> EncounterRoleAsync(CancellationToken cancellationToken) =>
        MetadataAsync("encounterrole", null, "Clinician", cancellationToken);

    public Task<string> PatientAsync(string identifier, CancellationToken cancellationToken) =>
        CachedAsync(
            $"patient/{identifier}",
            () =>
                FindOrCreateAsync(
                    () => FirstAsync("patient", $"identifier={Uri.EscapeDataString(identifier)}", cancellationToken),
                    () => CreatePatientAsync(identifier, cancellationToken)
                ),
            cancellationToken
        );

    /// <summary>The concept of a code: by mapping, else by name, else created if the settings say so.</summary>
    public Task<string> ConceptAsync(string code, string name, CancellationToken cancellationToken) =>
        CachedAsync(
            $"concept/{code}",
            () =>
                FindOrCreateAsync(
                    () => FindConceptAsync(code, name, cancellationToken),
                    () =>
                        options.Value.CreatesConcepts
                            ? CreateConceptAsync(code, name, cancellationToken)
                            : throw new OpenMrsException(
                                OpenMrsFailure.Refused,
                                $"OpenMRS has no concept for {code}, and Tm2:CreatesConcepts is false"
                            )
                ),
            cancellationToken
        );

    /// <summary>Another process may create the same thing between search and write. OpenMRS refuses the second one; it is found
    /// then.</summary>
    private static async Task<string> FindOrCreateAsync(Func<Task<string?>> find, Func<Task<string>> create)
    {
        if (await find() is { } known)
            return known;
        try
        {
            return await create();
        }
        catch (OpenMrsException e) when (e.Failure == OpenMrsFailure.Refused)
        {
            if (await find() is { } created)
                return created;
            throw;
        }
    }

    private async Task<string?> FirstAsync(string resource, string query, CancellationToken cancellationToken) =>
        await client.SearchAsync(resource, query, cancellationToken) is [var first, ..] ? OpenMrsClient.Uuid(first) : null;

    private async Task<string> CreatePatientAsync(string identifier, CancellationToken cancellationToken)
    {
        var created = await client.CreateAsync(
            "patient",
            new JsonObject
            {
                ["person"] = new JsonObject
                {
                    ["names"] = new JsonArray(new JsonObject { ["givenName"] = "Patient", ["familyName"] = identifier }),
                    ["gender"] = "U",
                },
                ["identifiers"] = new JsonArray(
                    new JsonObject
                    {
                        ["identifier"] = identifier,
                        ["identifierType"] = await IdentifierTypeAsync(cancellationToken),
                        ["location"] = await LocationAsync(cancellationToken),
                        ["preferred"] = true,
                    }
                ),
            },
            cancellationToken
        );
        Interlocked.Increment(ref _patientsCreated);
        return OpenMrsClient.Uuid(created);
    }

    private async Task<string?> FindConceptAsync(string code, string name, CancellationToken cancellationToken)
    {
        var mapped = $"source={Uri.EscapeDataString(options.Value.ConceptSource)}&code={Uri.EscapeDataString(code)}";
        if (await FirstAsync("concept", mapped, cancellationToken) is { } uuid)
            return uuid;
        var named = await client.SearchAsync("concept", $"q={Uri.EscapeDataString(name)}", cancellationToken);
        return
            named.FirstOrDefault(concept => string.Equals((string?)concept["display"], name, StringComparison.OrdinalIgnoreCase))
                is { } found
            ? OpenMrsClient.Uuid(found)
            : null;
    }

    private async Task<string> CreateConceptAsync(string code, string name, CancellationToken cancellationToken)
    {
        var concept = new JsonObject
        {
            ["names"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = name,
                    ["locale"] = "en",
                    ["localePreferred"] = true,
                    ["conceptNameType"] = "FULLY_SPECIFIED",
                }
            ),
            ["conceptClass"] = await MetadataAsync("conceptclass", null, "Diagnosis", cancellationToken),
            ["datatype"] = await MetadataAsync("conceptdatatype", null, "Text", cancellationToken),
        };
        var source = (await client.SearchAsync("conceptsource", "", cancellationToken)).FirstOrDefault(item =>
            string.Equals((string?)item["display"], options.Value.ConceptSource, StringComparison.OrdinalIgnoreCase)
        );
        if (source is not null)
        {
            var term = await FindOrCreateAsync(
                () => FirstAsync("conceptreferenceterm", $"codeOrName={Uri.EscapeDataString(code)}", cancellationToken),
                async () =>
                    OpenMrsClient.Uuid(
                        await client.CreateAsync(
                            "conceptreferenceterm",
                            new JsonObject { ["code"] = code, ["conceptSource"] = OpenMrsClient.Uuid(source) },
                            cancellationToken
                        )
                    )
            );
            concept["mappings"] = new JsonArray(
                new JsonObject
                {
                    ["conceptReferenceTerm"] = term,
                    ["conceptMapType"] = await MetadataAsync("conceptmaptype", null, "SAME-AS", cancellationToken),
                }
            );
        }
        return OpenMrsClient.Uuid(await client.CreateAsync("concept", concept, cancellationToken));
    }

    private Task<string> MetadataAsync(string resource, string? configured, string? preferred, CancellationToken cancellationToken) =>
        configured is not null
            ? Task.FromResult(configured)
            : CachedAsync(
                $"{resource}/{preferred}",
                async () =>
                {
                    var found = await client.SearchAsync(resource, "", cancellationToken);
                    var chosen =
                        found.FirstOrDefault(item => string.Equals((string?)item["display"], preferred, StringComparison.OrdinalIgnoreCase))
                        ?? (found.Count > 0 ? found[0] : null);
                    return chosen is not null
                        ? OpenMrsClient.Uuid(chosen)
                        : throw new OpenMrsException(OpenMrsFailure.Refused, $"OpenMRS has no {resource}");
                },
                cancellationToken
            );

    private async Task<string> CachedAsync(string key, Func<Task<string>> find, CancellationToken cancellationToken)
    {
        if (_uuids.TryGetValue(key, out var uuid))
            return uuid;
        using var held = await _locks.EnterAsync(key, cancellationToken);
        if (_uuids.TryGetValue(key, out uuid))
            return uuid;
        if (_uuids.Count > MostCached)
            _uuids.Clear();
        return _uuids[key] = await find();
    }
}

/// <summary>A lock per key. Keys share a fixed number of locks.</summary>
internal sealed class KeyedLocks
{
    private const int Count = 1024;
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Count).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<IDisposable> EnterAsync(string key, CancellationToken cancellationToken)
    {
        var gate = _gates[(uint)string.GetHashCode(key, StringComparison.Ordinal) % Count];
        await gate.WaitAsync(cancellationToken);
        return new Held(gate);
    }

    private sealed class Held(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
