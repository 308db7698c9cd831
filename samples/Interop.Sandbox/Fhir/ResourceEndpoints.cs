using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Interop.Sandbox.Control;
using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Fhir;

/// <summary>Read, version read, create, update, delete.</summary>
internal sealed partial class ResourceEndpoints(ResourceStore store, FaultBook faults, SandboxCounters counters)
{
    [GeneratedRegex("^[A-Za-z0-9.-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern { get; }

    public FhirAnswer Read(string type, string id)
    {
        var version = Find(type, id, out var rows);
        if (faults.HiddenRows(type, isSearch: false)?.Invoke(version.Resource) == true || store.LateRows(type, isSearch: false)?.Invoke(version.Resource) == true)
            throw FhirError.NotFound(type, id);
        if (version.IsDeleted)
            throw new FhirError(410, "deleted", $"{type}/{id} was deleted.");
        counters.Served(1);
        return Answer(200, rows, version);
    }

    public FhirAnswer ReadVersion(string type, string id, string versionId)
    {
        var rows = store.Find(type);
        var index = rows is not null && int.TryParse(versionId, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? rows.IndexOf(rows.Find(id), number) : -1;
        if (index < 0)
            throw new FhirError(404, "not-found", $"{type}/{id} has no version {versionId}.");
        var version = rows!.Read([index])[0];
        if (version.IsDeleted)
            throw new FhirError(410, "deleted", $"{type}/{id} was deleted with version {versionId}.");
        return Answer(200, rows, version);
    }

    public async Task<FhirAnswer> CreateAsync(HttpContext context, string type)
    {
        using var resource = await ParseAsync(context, type);
        return Written(context, 201, type, store.Put(resource.RootElement, store.NextId()));
    }

    public async Task<FhirAnswer> UpdateAsync(HttpContext context, string type, string id)
    {
        if (!IdPattern.IsMatch(id))
            throw FhirError.Invalid($"{id} is not an id (letters, digits, - and ., at most 64).");
        using var resource = await ParseAsync(context, type);
        if (!resource.RootElement.TryGetProperty("id", out var own) || own.ValueKind != JsonValueKind.String || own.GetString() != id)
            throw FhirError.Invalid($"The resource's id must be that of the address: {id}.");
        var isNew = store.Find(type) is not { } rows || rows.Current(rows.Find(id)) is not { IsDeleted: false };
        return Written(context, isNew ? 201 : 200, type, store.Put(resource.RootElement, id));
    }

    public FhirAnswer Delete(string type, string id)
    {
        if (store.Delete(type, id) is not { } version)
            throw FhirError.NotFound(type, id);
        return new FhirAnswer(204) { Headers = { ("ETag", $"W/\"{version.Version}\"") } };
    }

    private ResourceVersion Find(string type, string id, out TypeStore rows)
    {
        rows = store.Find(type)!;
        return rows is not null && rows.Current(rows.Find(id)) is { } version ? version : throw FhirError.NotFound(type, id);
    }

    private FhirAnswer Written(HttpContext context, int status, string type, ResourceVersion version)
    {
        counters.Written();
        var rows = store.Of(type);
        var answer = Answer(status, rows, version);
        answer.Headers.Add(("Location", $"{FhirPaths.Base(context.Request)}/{type}/{rows.Id(version.Resource)}/_history/{version.Version}"));
        return answer;
    }

    private static FhirAnswer Answer(int status, TypeStore rows, in ResourceVersion version)
    {
        var answer = new FhirAnswer(status);
        rows.AppendText(version, answer.Body);
        answer.Headers.Add(("ETag", $"W/\"{version.Version}\""));
        answer.Headers.Add(("Last-Modified", new DateTime(version.LastUpdatedTicks, DateTimeKind.Utc).ToString("R", CultureInfo.InvariantCulture)));
        return answer;
    }

    private static async Task<JsonDocument> ParseAsync(HttpContext context, string type)
    {
        if (!ResourceTypes.IsKnown(type))
            throw new FhirError(404, "not-supported", $"{type} is not a resource type of FHIR R4.");
        JsonDocument document;
        try
        {
            document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        }
        catch (JsonException error)
        {
            throw new FhirError(400, "structure", $"The body is not JSON: {error.Message}");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("resourceType", out var own)
            && own.ValueKind == JsonValueKind.String && own.GetString() == type)
            return document;
        document.Dispose();
        throw new FhirError(400, "structure", $"The body is not a resource of type {type}.");
    }
}
