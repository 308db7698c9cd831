using System.Text.Json;
using System.Text.RegularExpressions;
using Interop.Sandbox.Control;

namespace Interop.Sandbox.Fhir;

/// <summary>`POST /fhir` with a Bundle: a transaction writes all entries or none, a batch each on its own.</summary>
internal sealed partial class TransactionEndpoint(
    ResourceStore store,
    ConditionalMatch conditional,
    SandboxCounters counters,
    SandboxOptions options
)
{
    private const int MostEntries = 5000;

    [GeneratedRegex("\"reference\"\\s*:\\s*\"([A-Za-z]+)\\?([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex ConditionalReference { get; }

    private enum EntryMethod
    {
        Delete,
        Post,
        Put,
        Get,
    }

    private sealed class Entry
    {
        public required EntryMethod Method { get; init; }

        public required string Type { get; init; }

        public string? Id { get; set; }

        public string? Criteria { get; init; }

        public string? FullUrl { get; init; }

        public string? IfMatch { get; init; }

        public string? IfNoneExist { get; init; }

        public JsonElement Resource { get; init; }

        /// <summary>A conditional create that found its resource writes nothing.</summary>
        public bool IsAlreadyThere { get; set; }

        public string Status { get; set; } = "";

        public ResourceVersion? Version { get; set; }

        public FhirError? Error { get; set; }
    }

    public async Task<FhirAnswer> HandleAsync(HttpContext context)
    {
        using var document = await ResourceEndpoints.ReadJsonAsync(context);
        var bundle = document.RootElement;
        var kind = bundle.ValueKind == JsonValueKind.Object && Text(bundle, "resourceType") == "Bundle" ? Text(bundle, "type") : null;
        if (kind is not ("transaction" or "batch"))
            throw new FhirError(400, "structure", "The body is not a Bundle of type transaction or batch.");
        var elements =
            bundle.TryGetProperty("entry", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToArray() : [];
        if (elements.Length > MostEntries)
            throw new FhirError(413, "too-costly", $"A Bundle may have {MostEntries} entries.");

        var entries = new List<Entry>(elements.Length);
        if (kind == "transaction")
        {
            for (var i = 0; i < elements.Length; i++)
                entries.Add(Parse(elements[i], i));
            lock (store.WriteGate)
                Commit(entries);
        }
        else
        {
            for (var i = 0; i < elements.Length; i++)
                entries.Add(Alone(elements[i], i));
        }
        return Answer(kind, entries);
    }

    private Entry Alone(JsonElement element, int number)
    {
        try
        {
            var entry = Parse(element, number);
            lock (store.WriteGate)
                Commit([entry]);
            return entry;
        }
        catch (FhirError error)
        {
            return new Entry
            {
                Method = EntryMethod.Get,
                Type = "",
                Error = error,
            };
        }
    }

    /// <summary>Decides everything before the first write, so that a refused entry leaves nothing behind.</summary>
    private void Commit(List<Entry> entries)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            Resolve(entry);
            if (entry.FullUrl is { } fullUrl && entry.Id is not null)
                ids[fullUrl] = $"{entry.Type}/{entry.Id}";
            if (!entry.IsAlreadyThere && entry.Method != EntryMethod.Get && !written.Add($"{entry.Type}/{entry.Id}"))
                throw new FhirError(400, "duplicate", $"Two entries of the Bundle write {entry.Type}/{entry.Id}.");
        }
        var texts = entries
            .Select(entry =>
                entry.IsAlreadyThere || entry.Resource.ValueKind != JsonValueKind.Object ? (JsonElement?)null : Rewrite(entry, ids)
            )
            .ToArray();
        foreach (var method in Enum.GetValues<EntryMethod>())
        {
            for (var i = 0; i < entries.Count; i++)
            {
                if (entries[i].Method == method)
                    Execute(entries[i], texts[i]);
            }
        }
    }

    private void Resolve(Entry entry)
    {
        if (!options.ConditionalWrites && (entry.IfNoneExist is not null || entry.Criteria is not null))
            throw new FhirError(400, "not-supported", "Conditional entries are not supported.");
        switch (entry.Method)
        {
            case EntryMethod.Post:
                entry.Id = entry.IfNoneExist is { } ifNoneExist ? conditional.Find(entry.Type, ifNoneExist) : null;
                entry.IsAlreadyThere = entry.Id is not null;
                entry.Id ??= store.NextId();
                break;
            case EntryMethod.Put when entry.Criteria is { } criteria:
                entry.Id = conditional.Find(entry.Type, criteria) ?? Text(entry.Resource, "id") ?? store.NextId();
                break;
            case EntryMethod.Get or EntryMethod.Delete when entry.Id is null:
                throw new FhirError(400, "not-supported", $"{entry.Method} in a Bundle needs an address such as {entry.Type}/id.");
        }
        var current = Current(entry);
        Preconditions.Check(entry.IfMatch, current, entry.Type, entry.Id!);
        if (entry.Method is EntryMethod.Get or EntryMethod.Delete && current is null)
            throw FhirError.NotFound(entry.Type, entry.Id!);
    }

    private ResourceVersion? Current(Entry entry) => store.Find(entry.Type) is { } rows ? rows.Current(rows.Find(entry.Id!)) : null;

    private void Execute(Entry entry, JsonElement? resource)
    {
        var current = Current(entry);
        switch (entry.Method)
        {
            case EntryMethod.Delete:
                entry.Version = store.Delete(entry.Type, entry.Id!);
                entry.Status = "204 No Content";
                break;
            case EntryMethod.Get:
                entry.Version = current;
                entry.Status = "200 OK";
                return;
            case var _ when entry.IsAlreadyThere:
                entry.Version = current;
                entry.Status = "200 OK";
                return;
            default:
                entry.Version = store.Put(resource!.Value, entry.Id!);
                entry.Status = current is { IsDeleted: false } ? "200 OK" : "201 Created";
                break;
        }
        counters.Written();
    }

    /// <summary>The resource with references to other entries and conditional references replaced by the ids.</summary>
    private JsonElement Rewrite(Entry entry, Dictionary<string, string> ids)
    {
        var text = entry.Resource.GetRawText();
        var rewritten = text;
        foreach (var (fullUrl, reference) in ids)
        {
            if (rewritten.Contains(fullUrl, StringComparison.Ordinal))
                rewritten = rewritten.Replace($"\"{fullUrl}\"", $"\"{reference}\"", StringComparison.Ordinal);
        }
        if (rewritten.Contains('?'))
        {
            rewritten = ConditionalReference.Replace(
                rewritten,
                match =>
                    ResourceTypes.IsKnown(match.Groups[1].Value)
                        ? $"\"reference\":\"{match.Groups[1].Value}/{conditional.Find(match.Groups[1].Value, match.Groups[2].Value) ?? throw new FhirError(412, "not-found", $"No resource matches the reference {match.Groups[1].Value}?{match.Groups[2].Value}.")}\""
                        : match.Value
            );
        }
        return ReferenceEquals(text, rewritten) ? entry.Resource : JsonDocument.Parse(rewritten).RootElement;
    }

    private static Entry Parse(JsonElement element, int number)
    {
        var request =
            element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty("request", out var found)
            && found.ValueKind == JsonValueKind.Object
                ? found
                : throw new FhirError(400, "required", $"Bundle.entry[{number}].request is missing.");
        var url = Text(request, "url") ?? throw new FhirError(400, "required", $"Bundle.entry[{number}].request.url is missing.");
        if (!Enum.TryParse<EntryMethod>(Text(request, "method"), ignoreCase: true, out var method))
            throw new FhirError(400, "not-supported", $"Bundle.entry[{number}].request.method must be DELETE, POST, PUT or GET.");
        var question = url.IndexOf('?', StringComparison.Ordinal);
        var parts = (question < 0 ? url : url[..question]).Split('/');
        if (!ResourceTypes.IsKnown(parts[0]) || parts.Length > 2)
            throw new FhirError(
                400,
                "value",
                $"Bundle.entry[{number}].request.url '{url}' is not a type, type/id or type?criteria of FHIR R4."
            );
        var id = parts.Length == 2 ? parts[1] : null;
        if (id is not null && !ResourceEndpoints.IsId(id))
            throw new FhirError(400, "value", $"Bundle.entry[{number}].request.url '{url}' has no valid id.");
        if (method == EntryMethod.Put && id is null && question < 0)
            throw new FhirError(400, "value", $"Bundle.entry[{number}].request.url '{url}' names no resource to update.");
        var resource = element.TryGetProperty("resource", out var body) ? body : default;
        if (
            method is EntryMethod.Post or EntryMethod.Put
            && (resource.ValueKind != JsonValueKind.Object || Text(resource, "resourceType") != parts[0])
        )
            throw new FhirError(400, "structure", $"Bundle.entry[{number}].resource is not a resource of type {parts[0]}.");
        return new Entry
        {
            Method = method,
            Type = parts[0],
            Id = id,
            Criteria = question < 0 ? null : url[(question + 1)..],
            FullUrl = Text(element, "fullUrl"),
            IfMatch = Text(request, "ifMatch"),
            IfNoneExist = Text(request, "ifNoneExist"),
            Resource = resource,
        };
    }

    private FhirAnswer Answer(string kind, List<Entry> entries)
    {
        var answer = new FhirAnswer();
        var text = answer
            .Body.Append("{\"resourceType\":\"Bundle\",\"id\":\""u8)
            .Append(Guid.NewGuid().ToString())
            .Append("\",\"type\":\""u8)
            .Append(kind)
            .Append("-response\""u8);
        if (entries.Count > 0)
            text.Append(",\"entry\":["u8);
        foreach (var entry in entries)
        {
            text.Append("{"u8);
            if (entry.Error is { } error)
            {
                text.Append("\"response\":{\"status\":\""u8).Append(error.Status).Append("\",\"outcome\":"u8);
                OperationOutcomes.Append(text, "error", error.Code, [error.Message]);
                text.Append("}},"u8);
                continue;
            }
            var rows = store.Of(entry.Type);
            if (entry is { Method: EntryMethod.Get, Version: { IsDeleted: false } read })
            {
                text.Append("\"resource\":"u8);
                rows.AppendText(read, text);
                text.Append(","u8);
            }
            text.Append("\"response\":{\"status\":\""u8).Append(entry.Status).Append("\""u8);
            if (entry.Version is { } version)
            {
                text.Append(",\"location\":\""u8)
                    .Append(entry.Type)
                    .Append("/"u8)
                    .Append(entry.Id!)
                    .Append("/_history/"u8)
                    .Append(version.Version)
                    .Append("\",\"etag\":\"W/\\\""u8)
                    .Append(version.Version)
                    .Append("\\\"\",\"lastModified\":\""u8)
                    .AppendInstant(version.LastUpdatedTicks, 3, 0)
                    .Append("\""u8);
            }
            text.Append("}},"u8);
        }
        if (entries.Count > 0)
            text.Truncate(text.Length - 1).Append("]"u8);
        text.Append("}"u8);
        return answer;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
