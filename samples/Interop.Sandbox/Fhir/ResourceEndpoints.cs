using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Interop.Sandbox.Control;
using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Fhir;

/// <summary>Read, version read, create, update and delete, also conditional.</summary>
internal sealed partial class ResourceEndpoints(
    ResourceStore store,
    ConditionalMatch conditional,
    FaultBook faults,
    SandboxCounters counters,
    SandboxOptions options
)
{
    [GeneratedRegex("^[A-Za-z0-9.-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern { get; }

    public FhirAnswer Read(string type, string id)
    {
        var version = Find(type, id, out var rows);
        if (
            faults.HiddenRows(type, isSearch: false)?.Invoke(version.Resource) == true
            || store.LateRows(type, isSearch: false)?.Invoke(version.Resource) == true
        )
            throw FhirError.NotFound(type, id);
        if (version.IsDeleted)
            throw new FhirError(410, "deleted", $"{type}/{id} was deleted.");
        counters.Served(1);
        return Answer(200, rows, version);
    }

    public FhirAnswer ReadVersion(string type, string id, string versionId)
    {
        var rows = store.Find(type);
        var index =
            rows is not null && int.TryParse(versionId, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? rows.IndexOf(rows.Find(id), number)
                : -1;
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
        var criteria = context.Request.Headers["If-None-Exist"].ToString();
        if (criteria.Length > 0 && !options.ConditionalWrites)
            throw new FhirError(400, "not-supported", "Conditional creates are not supported.");
        if (criteria.Length == 0)
            return Written(context, 201, type, store.Put(resource.RootElement, store.NextId()));
        lock (store.WriteGate)
        {
            return conditional.Find(type, criteria) is { } existing
                ? Located(context, 200, type, Find(type, existing, out _))
                : Written(context, 201, type, store.Put(resource.RootElement, store.NextId()));
        }
    }

    public async Task<FhirAnswer> UpdateAsync(HttpContext context, string type, string id)
    {
        if (!IdPattern.IsMatch(id))
            throw FhirError.Invalid($"{id} is not an id (letters, digits, - and ., at most 64).");
        using var resource = await ParseAsync(context, type);
        if (!resource.RootElement.TryGetProperty("id", out var own) || own.ValueKind != JsonValueKind.String || own.GetString() != id)
            throw FhirError.Invalid($"The resource's id must be that of the address: {id}.");
        lock (store.WriteGate)
            return Update(context, type, id, resource.RootElement);
    }

    public async Task<FhirAnswer> ConditionalUpdateAsync(HttpContext context, string type)
    {
        using var resource = await ParseAsync(context, type);
        var own =
            resource.RootElement.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        lock (store.WriteGate)
        {
            var id = conditional.Find(type, context.Request.QueryString.Value ?? "");
            if (id is not null && own is not null && own != id)
                throw FhirError.Invalid($"The resource's id {own} is not the id of the match, {id}.");
            return Update(context, type, id ?? own ?? store.NextId(), resource.RootElement);
        }
    }

    internal static bool IsId(string id) => IdPattern.IsMatch(id);

    public FhirAnswer Delete(HttpContext context, string type, string id)
    {
        using var gate = store.WriteGate.EnterScope();
        Preconditions.Check(context.Request.Headers.IfMatch, store.Find(type) is { } rows ? rows.Current(rows.Find(id)) : null, type, id);
        if (store.Delete(type, id) is not { } version)
            throw FhirError.NotFound(type, id);
        return new FhirAnswer(204) { Headers = { ("ETag", $"W/\"{version.Version}\"") } };
    }

    private ResourceVersion Find(string type, string id, out TypeStore rows)
    {
        rows = store.Find(type)!;
        return rows is not null && rows.Current(rows.Find(id)) is { } version ? version : throw FhirError.NotFound(type, id);
    }

    private FhirAnswer Update(HttpContext context, string type, string id, JsonElement resource)
    {
        var current = store.Find(type) is { } rows ? rows.Current(rows.Find(id)) : null;
        Preconditions.Check(context.Request.Headers.IfMatch, current, type, id);
        return Written(context, current is { IsDeleted: false } ? 200 : 201, type, store.Put(resource, id));
    }

    private FhirAnswer Written(HttpContext context, int status, string type, ResourceVersion version)
    {
        counters.Written();
        return Located(context, status, type, version);
    }

    private FhirAnswer Located(HttpContext context, int status, string type, ResourceVersion version)
    {
        var rows = store.Of(type);
        var answer = Answer(status, rows, version);
        answer.Headers.Add(
            ("Location", $"{FhirPaths.Base(context.Request)}/{type}/{rows.Id(version.Resource)}/_history/{version.Version}")
        );
        return answer;
    }

    private static FhirAnswer Answer(int status, TypeStore rows, in ResourceVersion version)
    {
        var answer = new FhirAnswer(status);
        rows.AppendText(version, answer.Body);
        answer.Headers.Add(("ETag", $"W/\"{version.Version}\""));
        answer.Headers.Add(
            ("Last-Modified", new DateTime(version.LastUpdatedTicks, DateTimeKind.Utc).ToString("R", CultureInfo.InvariantCulture))
        );
        return answer;
    }

    internal static async Task<JsonDocument> ReadJsonAsync(HttpContext context)
    {
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        }
        catch (JsonException error)
        {
            throw new FhirError(400, "structure", $"The body is not JSON: {error.Message}");
        }
    }

    private static async Task<JsonDocument> ParseAsync(HttpContext context, string type)
    {
        if (!ResourceTypes.IsKnown(type))
            throw new FhirError(404, "not-supported", $"{type} is not a resource type of FHIR R4.");
        var document = await ReadJsonAsync(context);
        if (
            document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("resourceType", out var own)
            && own.ValueKind == JsonValueKind.String
            && own.GetString() == type
        )
            return document;
        document.Dispose();
        throw new FhirError(400, "structure", $"The body is not a resource of type {type}.");
    }
}
