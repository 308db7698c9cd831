using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interop.Sandbox.OpenMrs;

/// <summary>The routes of the OpenMRS REST server.</summary>
internal static class OpenMrsEndpoints
{
    private const string Root = "/openmrs/ws/rest/v1";
    private const int MostResults = 100;

    public static void MapOpenMrs(this IEndpointRouteBuilder routes)
    {
        var upstream = routes.ServiceProvider.GetRequiredService<OpenMrsUpstream>();
        var writes = new OpenMrsWrites(upstream);
        var time = routes.ServiceProvider.GetRequiredService<SandboxOptions>().Time;
        var group = routes.MapGroup(Root);
        group.MapGet("/session", context => WriteAsync(context, 200, Session(context, upstream)));
        group.MapGet("/{resource}", Handle(upstream, (context, resource) => Task.FromResult((200, Search(context, upstream, resource)))));
        group.MapGet(
            "/{resource}/{uuid}",
            Handle(
                upstream,
                (context, resource) =>
                    Task.FromResult(
                        (
                            200,
                            Representation(
                                upstream,
                                resource,
                                upstream.Find(resource, Value(context, "uuid")) ?? throw OpenMrsError.NotFound(resource),
                                isFull: true
                            )
                        )
                    )
            )
        );
        group.MapPost(
            "/{resource}",
            Handle(
                upstream,
                async (context, resource) =>
                {
                    var body = await ReadAsync(context);
                    return (201, Representation(upstream, resource, writes.Create(resource, body), isFull: true));
                }
            )
        );
        group.MapDelete(
            "/{resource}/{uuid}",
            Handle(
                upstream,
                (context, resource) =>
                {
                    var item = upstream.Find(resource, Value(context, "uuid")) ?? throw OpenMrsError.NotFound(resource);
                    item["voided"] = true;
                    item["dateVoided"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
                    return Task.FromResult((204, new JsonObject()));
                }
            )
        );
    }

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static RequestDelegate Handle(OpenMrsUpstream upstream, Func<HttpContext, string, Task<(int, JsonObject)>> handle) =>
        async context =>
        {
            try
            {
                if (!IsAuthenticated(context, upstream))
                    throw OpenMrsError.NotAuthenticated();
                var (status, body) = await handle(context, Value(context, "resource"));
                await WriteAsync(context, status, body);
            }
            catch (OpenMrsError error)
            {
                await WriteAsync(context, error.Status, error.Body);
            }
        };

    private static JsonObject Session(HttpContext context, OpenMrsUpstream upstream) =>
        IsAuthenticated(context, upstream)
            ? new JsonObject
            {
                ["sessionId"] = context.Connection.Id,
                ["authenticated"] = true,
                ["user"] = new JsonObject { ["uuid"] = "1c3db49d-440a-11e6-a65c-00e04c680037", ["display"] = upstream.Username },
            }
            : new JsonObject { ["sessionId"] = context.Connection.Id, ["authenticated"] = false };

    private static bool IsAuthenticated(HttpContext context, OpenMrsUpstream upstream)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            && header[6..] == Convert.ToBase64String(Encoding.UTF8.GetBytes($"{upstream.Username}:{upstream.Password}"));
    }

    private static JsonObject Search(HttpContext context, OpenMrsUpstream upstream, string resource)
    {
        var query = context.Request.Query;
        bool Is(JsonObject item, string parameter, string field) =>
            query[parameter].ToString() is not { Length: > 0 } wanted
            || string.Equals(OpenMrsWrites.Text(item, field), wanted, StringComparison.OrdinalIgnoreCase);
        bool Contains(JsonObject item) =>
            query["q"].ToString() is not { Length: > 0 } wanted
            || ((string?)item["display"] ?? "").Contains(wanted, StringComparison.OrdinalIgnoreCase)
            || string.Equals(OpenMrsWrites.Text(item, "identifier"), wanted, StringComparison.OrdinalIgnoreCase);
        bool IsWithin(JsonObject item, string field) =>
            DateTimeOffset.TryParse((string?)item[field], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            && (!Date(query["fromdate"], out var from) || at >= from)
            && (!Date(query["todate"], out var to) || at <= to);

        // As in OpenMRS: a search of patients without a parameter is refused, lists of metadata are not.
        if (resource == "patient" && query["identifier"].Count == 0 && query["q"].Count == 0)
            throw OpenMrsError.Invalid("q", "Specify an identifier or q");
        var found = upstream.Where(
            resource,
            item =>
                resource switch
                {
                    "patient" => query["identifier"].ToString() is { Length: > 0 } identifier
                        ? OpenMrsWrites.HasIdentifier(item, identifier)
                        : OpenMrsWrites.HasIdentifier(item, query["q"].ToString()) || Contains(item),
                    "concept" => Is(item, "source", "mappedSource")
                        && Is(item, "code", "mappedCode")
                        && Is(item, "name", "display")
                        && Contains(item),
                    "conceptreferenceterm" => Is(item, "codeOrName", "code") && Contains(item),
                    "encounter" => Is(item, "patient", "patient")
                        && Is(item, "encounterType", "encounterType")
                        && IsWithin(item, "encounterDatetime"),
                    "obs" => Is(item, "patient", "person") && Is(item, "encounter", "encounter") && Is(item, "concept", "concept"),
                    "visit" => Is(item, "patient", "patient"),
                    _ => Contains(item),
                }
        );
        var isFull = query["v"].ToString() is "full" || query["v"].ToString().StartsWith("custom", StringComparison.Ordinal);
        var limit = int.TryParse(query["limit"], out var wantedLimit) && wantedLimit > 0 ? Math.Min(wantedLimit, MostResults) : 50;
        return new JsonObject
        {
            ["results"] = new JsonArray([.. found.Take(limit).Select(item => Representation(upstream, resource, item, isFull))]),
        };
    }

    private static bool Date(Microsoft.Extensions.Primitives.StringValues text, out DateTimeOffset date) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);

    /// <summary>References as objects with uuid and display, as OpenMRS writes them; the reference form is uuid and display only.</summary>
    private static JsonObject Representation(OpenMrsUpstream upstream, string resource, JsonObject item, bool isFull)
    {
        lock (upstream.Gate)
        {
            var shown = new JsonObject { ["uuid"] = item["uuid"]!.DeepClone(), ["display"] = item["display"]?.DeepClone() };
            if (!isFull)
                return shown;
            foreach (var (name, value) in item)
            {
                if (name is "uuid" or "display" or "mappedCode" or "mappedSource")
                    continue;
                var target = name switch
                {
                    "patient" => "patient",
                    "person" => "person",
                    "encounter" => "encounter",
                    "concept" => "concept",
                    "location" => "location",
                    "encounterType" => "encountertype",
                    "visit" => "visit",
                    "visitType" => "visittype",
                    _ => null,
                };
                shown[name] =
                    target is not null
                    && upstream.Find(target, value is JsonValue text && text.TryGetValue<string>(out var uuid) ? uuid : null) is { } other
                        ? new JsonObject { ["uuid"] = other["uuid"]!.DeepClone(), ["display"] = other["display"]?.DeepClone() }
                        : value?.DeepClone();
            }
            if (resource == "encounter")
                shown["obs"] = new JsonArray([
                    .. upstream
                        .Where("obs", obs => (string?)obs["encounter"] == (string?)item["uuid"])
                        .Select(obs => Representation(upstream, "obs", obs, isFull: true)),
                ]);
            if (resource == "concept" && item["mappedCode"] is { } code)
                shown["mappings"] = new JsonArray(new JsonObject { ["display"] = $"{(string?)item["mappedSource"]}: {(string?)code}" });
            return shown;
        }
    }

    private static async Task<JsonObject> ReadAsync(HttpContext context)
    {
        try
        {
            if (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) is JsonObject body)
                return body;
        }
        catch (JsonException)
        {
            // Answered below, like JSON that is no object.
        }
        throw OpenMrsError.Invalid("body", "The body is not a JSON object");
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        if (status == 204)
            return;
        context.Response.ContentType = "application/json;charset=UTF-8";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body), context.RequestAborted);
    }
}
