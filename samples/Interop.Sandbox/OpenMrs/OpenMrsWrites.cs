using System.Globalization;
using System.Text.Json.Nodes;

namespace Interop.Sandbox.OpenMrs;

/// <summary>Checks and stores what a client posts.</summary>
internal sealed class OpenMrsWrites(OpenMrsUpstream upstream)
{
    public JsonObject Create(string resource, JsonObject body)
    {
        // One lock for check and write: two requests must not both find an identifier unused.
        lock (upstream.Gate)
        {
            return resource switch
            {
                "person" => Person(body),
                "patient" => Patient(body),
                "encounter" => Encounter(body),
                "obs" => Obs(body, null),
                "visit" => Visit(body),
                "provider" => Provider(body),
                "concept" => Concept(body),
                "conceptreferenceterm" => ReferenceTerm(body),
                _ => throw OpenMrsError.NotFound(resource),
            };
        }
    }

    private static string NewUuid() => Guid.NewGuid().ToString();

    private JsonObject Person(JsonObject body)
    {
        if (
            body["names"] is not JsonArray { Count: > 0 } names
            || names[0] is not JsonObject name
            || string.IsNullOrWhiteSpace(Text(name, "givenName"))
            || string.IsNullOrWhiteSpace(Text(name, "familyName"))
        )
            throw OpenMrsError.Invalid("names", "A person needs at least one name with givenName and familyName");
        if (Text(body, "gender") is not ("M" or "F" or "U" or "O"))
            throw OpenMrsError.Invalid("gender", "Gender is required: M, F, O or U");
        var person = Copy(body, "names", "gender", "birthdate", "birthdateEstimated");
        person["display"] = $"{Text(name, "givenName")} {Text(name, "familyName")}";
        return upstream.Add("person", NewUuid(), person);
    }

    private JsonObject Patient(JsonObject body)
    {
        if (body["identifiers"] is not JsonArray { Count: > 0 } identifiers)
            throw OpenMrsError.Invalid("identifiers", "A patient needs at least one identifier");
        var copies = new JsonArray();
        foreach (var identifier in identifiers.OfType<JsonObject>())
        {
            var value = Text(identifier, "identifier");
            if (string.IsNullOrWhiteSpace(value) || value.Length > 50)
                throw OpenMrsError.Invalid("identifiers", "identifier must have 1 to 50 characters");
            var type = Reference("patientidentifiertype", identifier, "identifierType");
            Reference("location", identifier, "location");
            if (upstream.Where("patient", patient => HasIdentifier(patient, value, (string)type["uuid"]!)).Count > 0)
                throw OpenMrsError.Invalid("identifiers", $"Identifier {value} already in use by another patient");
            copies.Add(
                new JsonObject
                {
                    ["identifier"] = value,
                    ["identifierType"] = type["uuid"]!.DeepClone(),
                    ["location"] = Text(identifier, "location"),
                }
            );
        }
        var person = body["person"] is JsonObject inline ? Person(inline) : Reference("person", body, "person");
        // A patient has the uuid of its person.
        return upstream.Add(
            "patient",
            (string)person["uuid"]!,
            new JsonObject
            {
                ["display"] = $"{(string?)copies[0]!["identifier"]} - {(string?)person["display"]}",
                ["person"] = person["uuid"]!.DeepClone(),
                ["identifiers"] = copies,
            }
        );
    }

    private JsonObject Encounter(JsonObject body)
    {
        var patient = Reference("patient", body, "patient");
        var type = Reference("encountertype", body, "encounterType");
        if (Text(body, "location") is not null)
            Reference("location", body, "location");
        if (Text(body, "visit") is not null)
            Reference("visit", body, "visit");
        var at = Instant(body, "encounterDatetime");
        foreach (var provider in (body["encounterProviders"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Reference("provider", provider, "provider");
            Reference("encounterrole", provider, "encounterRole");
        }
        var observations = (body["obs"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        // Check all of them before the first write.
        foreach (var obs in observations)
            CheckObs(obs);
        var encounter = Copy(body, "encounterType", "location", "visit", "encounterProviders");
        encounter["patient"] = patient["uuid"]!.DeepClone();
        encounter["display"] = $"{(string?)type["name"]} {at:yyyy-MM-dd}";
        encounter["encounterDatetime"] = at.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzz'00'", CultureInfo.InvariantCulture);
        upstream.Add("encounter", NewUuid(), encounter);
        foreach (var obs in observations)
            Obs(obs, encounter);
        return encounter;
    }

    private JsonObject Obs(JsonObject body, JsonObject? encounter)
    {
        var concept = CheckObs(body);
        if (encounter is null && Text(body, "encounter") is not null)
            encounter = Reference("encounter", body, "encounter");
        var person = encounter is not null ? (string?)encounter["patient"] : (string?)Reference("person", body, "person")["uuid"];
        var obs = Copy(body, "value", "comment");
        obs["concept"] = concept["uuid"]!.DeepClone();
        obs["person"] = person;
        obs["encounter"] = encounter?["uuid"]?.DeepClone();
        obs["obsDatetime"] = encounter?["encounterDatetime"]?.DeepClone() ?? Text(body, "obsDatetime");
        obs["display"] = $"{(string?)concept["display"]}: {body["value"]}";
        return upstream.Add("obs", NewUuid(), obs);
    }

    private JsonObject CheckObs(JsonObject body)
    {
        var concept = Reference("concept", body, "concept");
        if (body["value"] is null)
            throw OpenMrsError.Invalid("value", "An obs needs a value");
        if (Text(body, "comment") is { Length: > 255 })
            throw OpenMrsError.Invalid("comment", "comment must have at most 255 characters");
        return concept;
    }

    private JsonObject Visit(JsonObject body)
    {
        var patient = Reference("patient", body, "patient");
        Reference("visittype", body, "visitType");
        var visit = Copy(body, "visitType", "location", "startDatetime", "stopDatetime");
        visit["patient"] = patient["uuid"]!.DeepClone();
        visit["display"] = "Facility Visit";
        return upstream.Add("visit", NewUuid(), visit);
    }

    private JsonObject Provider(JsonObject body)
    {
        var name =
            Text(body, "name")
            ?? (Text(body, "person") is not null ? (string?)Reference("person", body, "person")["display"] : null)
            ?? throw OpenMrsError.Invalid("person", "A provider needs a person or a name");
        if (
            Text(body, "identifier") is { } identifier
            && upstream.Where("provider", provider => Text(provider, "identifier") == identifier).Count > 0
        )
            throw OpenMrsError.Invalid("identifier", $"Identifier {identifier} is already in use by another provider");
        var provider = Copy(body, "identifier", "person");
        provider["name"] = name;
        provider["display"] = name;
        return upstream.Add("provider", NewUuid(), provider);
    }

    private JsonObject ReferenceTerm(JsonObject body)
    {
        var source = Reference("conceptsource", body, "conceptSource");
        var code = Text(body, "code") ?? throw OpenMrsError.Invalid("code", "A term needs a code");
        if (
            upstream
                .Where("conceptreferenceterm", term => Text(term, "code") == code && Text(term, "conceptSource") == (string?)source["uuid"])
                .Count > 0
        )
            throw OpenMrsError.Invalid("code", $"The code {code} is already in use in the source {(string?)source["name"]}");
        return upstream.Add(
            "conceptreferenceterm",
            NewUuid(),
            new JsonObject
            {
                ["code"] = code,
                ["conceptSource"] = source["uuid"]!.DeepClone(),
                ["display"] = $"{(string?)source["name"]}: {code}",
            }
        );
    }

    private JsonObject Concept(JsonObject body)
    {
        if (
            body["names"] is not JsonArray { Count: > 0 } names
            || names[0] is not JsonObject first
            || Text(first, "name") is not { Length: > 0 } name
        )
            throw OpenMrsError.Invalid("names", "A concept needs at least one name");
        Reference("conceptclass", body, "conceptClass");
        Reference("conceptdatatype", body, "datatype");
        if (
            upstream
                .Where("concept", existing => string.Equals((string?)existing["display"], name, StringComparison.OrdinalIgnoreCase))
                .Count > 0
        )
            throw OpenMrsError.Invalid("names", $"'{name}' is a duplicate name in locale 'en'");
        var concept = Copy(body, "names", "conceptClass", "datatype");
        concept["display"] = name;
        if (body["mappings"] is JsonArray { Count: > 0 } mappings && mappings[0] is JsonObject mapping)
        {
            Reference("conceptmaptype", mapping, "conceptMapType");
            var term = Reference("conceptreferenceterm", mapping, "conceptReferenceTerm");
            concept["mappedCode"] = Text(term, "code");
            concept["mappedSource"] = (string?)upstream.Find("conceptsource", Text(term, "conceptSource"))!["name"];
        }
        return upstream.Add("concept", NewUuid(), concept);
    }

    internal static bool HasIdentifier(JsonObject patient, string value, string? type = null) =>
        patient["identifiers"]!
            .AsArray()
            .Any(identifier =>
                string.Equals((string?)identifier!["identifier"], value, StringComparison.OrdinalIgnoreCase)
                && (type is null || (string?)identifier["identifierType"] == type)
            );

    internal static string? Text(JsonObject item, string name) =>
        item[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private JsonObject Reference(string resource, JsonObject body, string field) =>
        upstream.Find(resource, Text(body, field))
        ?? throw OpenMrsError.Invalid(field, $"{field} is required and must be the uuid of a {resource}");

    private static DateTimeOffset Instant(JsonObject body, string field)
    {
        if (!DateTimeOffset.TryParse(Text(body, field), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            throw OpenMrsError.Invalid(field, $"{field} is required as yyyy-MM-dd'T'HH:mm:ss.SSSZ");
        if (at > DateTimeOffset.UtcNow.AddMinutes(5))
            throw OpenMrsError.Invalid(field, $"{field} must not be in the future");
        return at;
    }

    private static JsonObject Copy(JsonObject body, params ReadOnlySpan<string> names)
    {
        var copy = new JsonObject();
        foreach (var name in names)
        {
            if (body[name] is { } value)
                copy[name] = value.DeepClone();
        }
        return copy;
    }
}
