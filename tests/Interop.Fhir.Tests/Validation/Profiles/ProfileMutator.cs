using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>One rule of a profile broken at one place of a resource that claims the profile.</summary>
internal sealed record ProfileMutation(string Kind, string Location, IssueSeverity Severity, Func<string> Json)
{
    public override string ToString() => $"{Kind} at {Location}";
}

/// <summary>
/// Every way to break one rule of a claimed profile somewhere in a resource. The rules come from the snapshots in the package's JSON, so
/// that what is expected is derived from the definitions and not from the validator.
/// </summary>
internal sealed class ProfileMutator
{
    private const string Unknown = "zzz-unknown";

    private readonly JsonObject _root;
    private readonly IReadOnlyDictionary<string, JsonObject> _definitions;
    private readonly List<ProfileMutation> _mutations = [];

    private ProfileMutator(JsonObject root, IReadOnlyDictionary<string, JsonObject> definitions) =>
        (_root, _definitions) = (root, definitions);

    private sealed record Place(object[] Steps, string Path);

    /// <param name="resource">A resource without errors.</param>
    /// <param name="definitions">The StructureDefinitions of the package by URL.</param>
    public static IReadOnlyList<ProfileMutation> AllOf(JsonObject resource, IReadOnlyDictionary<string, JsonObject> definitions)
    {
        var mutator = new ProfileMutator(resource, definitions);
        var type = Text(resource, "resourceType")!;
        foreach (var claim in resource["meta"]?["profile"]?.AsArray() ?? [])
        {
            if (definitions.TryGetValue(claim!.GetValue<string>().Split('|')[0], out var definition) && Text(definition, "type") == type)
                new Walk(mutator, definition, new Place([], type), "").AddAll();
        }

        if (mutator._mutations.Count > 0)
        {
            mutator.AddInvariants(type);
            var other = definitions.Values.First(d => Text(d, "kind") == "resource" && Text(d, "type") != type);
            mutator.Add(
                "claim of a profile of another type",
                $"{type}.meta.profile",
                [],
                root => root["meta"]!["profile"]!.AsArray().Add(Text(other, "url"))
            );
        }

        return mutator._mutations;
    }

    private void Add(string kind, string location, object[] steps, Action<JsonNode> change, IssueSeverity severity = IssueSeverity.Error) =>
        _mutations.Add(
            new ProfileMutation(
                kind,
                location,
                severity,
                () =>
                {
                    var root = _root.DeepClone();
                    change(Navigate(root, steps));
                    return root.ToJsonString();
                }
            )
        );

    private static JsonNode Navigate(JsonNode root, object[] steps) =>
        steps.Aggregate(root, (node, step) => step is int index ? node[index]! : node[(string)step]!);

    // Each breaks one invariant of US Core, recognised by a part of its expression: the keys differ between versions.
    private static readonly (string Type, string Part, Func<JsonObject, bool> Break)[] Invariants =
    [
        ("Patient", "family.exists() or given.exists()", r => Replace(r["name"], new JsonObject { ["use"] = "official" })),
        ("Observation", "$this is dateTime implies $this.toString().length() >= 10", r => Set(r, "effectiveDateTime", "2020")),
        (
            "Observation",
            "dataAbsentReason.exists() or value.exists()",
            r => r["component"] is null && r["hasMember"] is null && RemoveAll(r, "value", "dataAbsentReason")
        ),
        (
            "Observation",
            "\nofType(Quantity).system.empty()",
            r => r["valueQuantity"] is JsonObject q && q["code"] is not null && Set(q, "system", "http://example.org/units")
        ),
        (
            "DocumentReference",
            "url.exists() or data.exists()",
            r => r["content"]![0]!["attachment"] is JsonObject a && RemoveAll(a, "url", "data")
        ),
        ("DiagnosticReport", "implies effective.exists()", r => RemoveAll(r, "effective")),
        ("DiagnosticReport", "implies issued.exists()", r => RemoveAll(r, "issued")),
        ("Procedure", "implies performed.exists()", r => RemoveAll(r, "performed")),
        ("MedicationRequest", "implies requester.exists()", r => Text(r, "intent") == "order" && RemoveAll(r, "requester")),
        ("RelatedPerson", "name.exists() or relationship.exists()", r => RemoveAll(r, "name", "relationship")),
        ("PractitionerRole", "telecom", r => RemoveAll(r, "telecom", "endpoint")),
        ("Coverage", "subscriberId.exists()", r => RemoveAll(r, "identifier", "subscriberId")),
        ("Device", "carrierAIDC.exists()", r => Replace(r["udiCarrier"], new JsonObject { ["deviceIdentifier"] = "1" })),
        (
            "Device",
            "lotNumber.exists()",
            r =>
                r["udiCarrier"] is not null
                && RemoveAll(r, "manufactureDate", "expirationDate", "lotNumber", "serialNumber", "distinctIdentifier")
        ),
    ];

    private void AddInvariants(string type)
    {
        var expressions = string.Concat(
            _root["meta"]!["profile"]!
                .AsArray()
                .Select(c => _definitions.GetValueOrDefault(c!.GetValue<string>().Split('|')[0]))
                .OfType<JsonObject>()
                .SelectMany(d => d["snapshot"]!["element"]!.AsArray())
                .SelectMany(e => e!["constraint"]?.AsArray() ?? [])
                .Where(c => Text(c!, "severity") == "error" && Text(c!, "key")!.StartsWith("us-core", StringComparison.Ordinal))
                .Select(c => "\n" + Text(c!, "expression"))
        );
        foreach (var (of, part, change) in Invariants)
        {
            if (of == type && expressions.Contains(part, StringComparison.Ordinal) && change(_root.DeepClone().AsObject()))
                Add("invariant", type, [], root => change(root.AsObject()));
        }
    }

    private static bool Replace(JsonNode? array, JsonObject item)
    {
        if (array is not JsonArray items)
            return false;
        items[0] = item;
        return true;
    }

    private static bool Set(JsonObject node, string name, string value)
    {
        if (!node.ContainsKey(name))
            return false;
        node[name] = value;
        return true;
    }

    private static bool RemoveAll(JsonObject node, params string[] names)
    {
        var found = node.Select(p => p.Key).Where(key => names.Any(name => IsOf(key, name))).ToList();
        found.ForEach(key => node.Remove(key));
        return found.Count > 0;
    }

    // name, _name, and the types of a choice: value, valueQuantity, _valueString.
    private static bool IsOf(string key, string name)
    {
        var bare = key.TrimStart('_');
        return bare == name || (bare.StartsWith(name, StringComparison.Ordinal) && char.IsUpper(bare[name.Length]));
    }

    private static string? Text(JsonNode node, string name) => (node as JsonObject)?[name]?.GetValue<string>();

    /// <summary>The rules of one definition, from one place of the resource on.</summary>
    private sealed class Walk
    {
        private readonly ProfileMutator _mutator;
        private readonly Place _start;
        private readonly string _prefix;
        private readonly Dictionary<string, JsonObject> _elements;
        private readonly HashSet<string> _discriminators;

        public Walk(ProfileMutator mutator, JsonObject definition, Place start, string prefix)
        {
            (_mutator, _start, _prefix) = (mutator, start, prefix);
            _elements = definition["snapshot"]!["element"]!.AsArray().Select(e => e!.AsObject()).ToDictionary(e => Text(e, "id")!);
            _discriminators = [.. _elements.Keys.Where(id => LastStep(id).Slice is not null).SelectMany(Discriminators), "Extension.url"];
        }

        public void AddAll()
        {
            foreach (var (id, element) in _elements.Skip(1))
            {
                var (name, slice) = LastStep(id);
                var parentId = id[..id.LastIndexOf('.')];
                var parents = Values(parentId).Where(p => NodeAt(p) is JsonObject).ToList();
                if (slice is null)
                    AddElement(id, element, name, parents);
                else
                    AddSlice(id, element, name, parents);
            }
        }

        private JsonNode NodeAt(Place place) => Navigate(_mutator._root, place.Steps);

        private void Add(
            string kind,
            string location,
            object[] steps,
            Action<JsonNode> change,
            IssueSeverity severity = IssueSeverity.Error
        ) => _mutator.Add(_prefix + kind, location, steps, change, severity);

        private void AddElement(string id, JsonObject element, string name, List<Place> parents)
        {
            var bare = Bare(name);
            foreach (var parent in parents)
            {
                var node = NodeAt(parent).AsObject();
                var place = $"{parent.Path}.{bare}";
                var values = Children(parent, name).ToList();
                if (Min(element) > 0 && Min(element["base"]!) == 0 && values.Count > 0 && !_discriminators.Contains(id))
                    Add("required element missing", place, parent.Steps, n => RemoveAll(n.AsObject(), bare));
                if (Text(element, "max") == "1" && Text(element["base"]!, "max") == "*" && node[name] is JsonArray { Count: 1 })
                    Add("element repeated", place, parent.Steps, n => n[name]!.AsArray().Add(n[name]![0]!.DeepClone()));
                if (Text(element, "max") == "0" && Text(element["base"]!, "max") != "0" && values.Count == 0)
                    AddProhibited(name, place, parent);
            }

            if (_discriminators.Contains(id))
                return;
            foreach (var value in Values(id))
                AddValue(id, element, name, value);
        }

        private void AddProhibited(string name, string place, Place parent)
        {
            if (name == "extension")
                Add(
                    "prohibited element",
                    place,
                    parent.Steps,
                    n => n["extension"] = new JsonArray(new JsonObject { ["url"] = "http://example.org/none", ["valueString"] = "x" })
                );
            else if (name == "value[x]")
                Add("prohibited element", place, parent.Steps, n => n["valueString"] = "x");
        }

        private void AddValue(string id, JsonObject element, string name, Place value)
        {
            if (Rule(element, "fixed") is JsonValue exact && exact.GetValueKind() == System.Text.Json.JsonValueKind.String)
                Add("fixed value", value.Path, value.Steps, n => n.ReplaceWith(exact.GetValue<string>() + "x"));
            if (Rule(element, "pattern") is { } pattern)
                Add("pattern", value.Path, value.Steps, n => Break(n, pattern));
            AddBinding(element, value);
            if (name.EndsWith("[x]", StringComparison.Ordinal))
                AddType(id, element, name, value);
            AddTarget(element, value);
        }

        private static void Break(JsonNode node, JsonNode pattern)
        {
            if (node is not JsonObject item)
                node.ReplaceWith(Unknown);
            else if (pattern["coding"] is not null)
                item.ReplaceWith(new JsonObject { ["text"] = "another concept" });
            else
                foreach (var (name, _) in pattern.AsObject().ToList())
                    item[name] = name == "system" ? "http://example.org/other" : Unknown;
        }

        private void AddBinding(JsonObject element, Place value)
        {
            if (element["binding"] is not JsonObject binding || !HasCode(NodeAt(value)))
                return;
            var maximum =
                binding["extension"]?.AsArray().Any(e => Text(e!, "url")!.EndsWith("maxValueSet", StringComparison.Ordinal)) == true;
            var kind = Text(binding, "strength") switch
            {
                "required" => "required binding",
                "extensible" when maximum => "maximum value set",
                "extensible" => "extensible binding",
                _ => maximum ? "maximum value set" : null,
            };
            if (kind is not null)
                Add(kind, value.Path, value.Steps, SetCode, kind == "extensible binding" ? IssueSeverity.Warning : IssueSeverity.Error);
        }

        private static bool HasCode(JsonNode node) =>
            node is JsonValue
            || node["code"] is JsonValue
            || (node["coding"] is JsonArray codings && codings.All(c => c!["code"] is JsonValue));

        private static void SetCode(JsonNode node)
        {
            if (node is JsonValue)
                node.ReplaceWith(Unknown);
            else if (node["coding"] is JsonArray codings)
                foreach (var coding in codings)
                    coding!["code"] = Unknown;
            else
                node["code"] = Unknown;
        }

        private void AddType(string id, JsonObject element, string name, Place value)
        {
            // Elements of the resource itself: the schema tells which types R4 allows.
            if (id.Count(c => c == '.') != 1 || R4Schema.Default.FindResource(id[..id.IndexOf('.')]) is not { } type)
                return;
            var allowed = Types(element).Select(t => Text(t, "code")).ToHashSet();
            var other = type
                .Elements.First(e => e.Name == Bare(name))
                .Types.FirstOrDefault(t => t.Code is "string" or "boolean" or "dateTime" && !allowed.Contains(t.Code));
            if (other is null)
                return;
            JsonNode content = other.Code switch
            {
                "boolean" => true,
                "dateTime" => "2020-01-01",
                _ => "x",
            };
            Add(
                "type of a choice",
                value.Path,
                [],
                n =>
                {
                    RemoveAll(n.AsObject(), Bare(name));
                    n[Bare(name) + char.ToUpperInvariant(other.Code[0]) + other.Code[1..]] = content.DeepClone();
                }
            );
        }

        private void AddTarget(JsonObject element, Place value)
        {
            var targets = Types(element)
                .Where(t => Text(t, "code") == "Reference")
                .SelectMany(t => t["targetProfile"]?.AsArray() ?? [])
                .Select(t => t!.GetValue<string>().Split('|')[0])
                .ToList();
            if (
                targets.Count == 0
                || targets.Exists(t => t.EndsWith("/Resource", StringComparison.Ordinal))
                || NodeAt(value) is not JsonObject reference
                || reference["reference"] is null
            )
                return;
            Add(
                "target of a reference",
                value.Path,
                value.Steps,
                n =>
                {
                    n.AsObject().Remove("type");
                    n["reference"] = "Binary/x";
                }
            );
        }

        private void AddSlice(string id, JsonObject element, string name, List<Place> parents)
        {
            var sliced = _elements[id[..id.LastIndexOf(':')]];
            foreach (var parent in parents)
            {
                var members = Children(parent, name).Where(v => IsInSlice(id, v)).ToList();
                var place = $"{parent.Path}.{Bare(name)}";
                if (members.Count == 0)
                    continue;
                if (Min(element) > 0)
                    Add("required slice missing", place, parent.Steps, n => RemoveMembers(n.AsObject(), members));
                if (Text(element, "max") == "1" && Text(sliced, "max") != "1" && members[0].Steps[^1] is int)
                    Add(
                        "slice repeated",
                        place,
                        parent.Steps,
                        n => n[name]!.AsArray().Add(n[name]![(int)members[0].Steps[^1]]!.DeepClone())
                    );
            }

            if (
                name == "extension"
                && Types(element).Select(t => t["profile"]?[0]?.GetValue<string>().Split('|')[0]).FirstOrDefault() is { } url
                && _mutator._definitions.TryGetValue(url, out var definition)
            )
            {
                foreach (var value in Values(id))
                    new Walk(_mutator, definition, value, "extension: ").AddAll();
            }
        }

        private static void RemoveMembers(JsonObject parent, List<Place> members)
        {
            foreach (var member in Enumerable.Reverse(members))
            {
                if (member.Steps[^1] is int index)
                    parent[(string)member.Steps[^2]]!.AsArray().RemoveAt(index);
                else
                    parent.Remove((string)member.Steps[^1]);
            }

            foreach (var key in parent.Where(p => p.Value is JsonArray { Count: 0 }).Select(p => p.Key).ToList())
                parent.Remove(key);
        }

        /// <summary>The values of an element or slice.</summary>
        private IEnumerable<Place> Values(string id)
        {
            IEnumerable<Place> places = [_start];
            var prefix = id.Split('.')[0];
            foreach (var step in id.Split('.').Skip(1))
            {
                prefix += "." + step;
                var own = prefix;
                places = places.SelectMany(p => Children(p, LastStep(own).Name));
                if (LastStep(own).Slice is not null)
                    places = places.Where(p => IsInSlice(own, p));
                places = places.ToList();
            }

            return places;
        }

        private IEnumerable<Place> Children(Place parent, string name)
        {
            if (NodeAt(parent) is not JsonObject node)
                yield break;
            var bare = Bare(name);
            foreach (var (key, value) in node)
            {
                if (key != name && !(name != bare && key[0] != '_' && key != bare && IsOf(key, bare)))
                    continue;
                if (value is JsonArray items)
                {
                    for (var i = 0; i < items.Count; i++)
                    {
                        if (items[i] is not null)
                            yield return new Place([.. parent.Steps, key, i], $"{parent.Path}.{bare}[{i}]");
                    }
                }
                else
                {
                    yield return new Place([.. parent.Steps, key], $"{parent.Path}.{bare}");
                }
            }
        }

        private bool IsInSlice(string id, Place value)
        {
            var element = _elements[id];
            if (LastStep(id).Name is "extension" or "modifierExtension")
                return Types(element).Select(t => t["profile"]?[0]?.GetValue<string>().Split('|')[0]).FirstOrDefault()
                    == Text(NodeAt(value), "url");
            var discriminators = _elements[id[..id.LastIndexOf(':')]]["slicing"]?["discriminator"]?.AsArray();
            return discriminators is { Count: > 0 } && discriminators.All(d => Matches(id, Text(d!, "type")!, Text(d!, "path")!, value));
        }

        private bool Matches(string id, string type, string path, Place value)
        {
            var at = path == "$this" ? id : $"{id}.{path}";
            if (!_elements.TryGetValue(at, out var element))
                return false;
            if (type == "type")
                return path == "$this"
                    && value.Steps[^1] is string property
                    && Types(element).Any(t => property.EndsWith(Text(t, "code")!, StringComparison.OrdinalIgnoreCase));
            if ((Rule(element, "fixed") ?? Rule(element, "pattern")) is not { } rule)
                return false;
            IEnumerable<Place> found = [value];
            if (path != "$this")
                found = path.Split('.').Aggregate(found, (places, step) => places.SelectMany(p => Children(p, step)));
            return found.Any(f => Contains(NodeAt(f), rule));
        }

        /// <summary>The elements that tell a slice from the others.</summary>
        private IEnumerable<string> Discriminators(string id)
        {
            yield return id;
            if (LastStep(id).Name is "extension" or "modifierExtension")
            {
                yield return id + ".url";
                yield break;
            }

            foreach (var d in _elements[id[..id.LastIndexOf(':')]]["slicing"]?["discriminator"]?.AsArray() ?? [])
            {
                var at = id;
                foreach (var step in Text(d!, "path")!.Split('.').Where(s => s != "$this"))
                    yield return at += "." + step;
            }
        }

        private static bool Contains(JsonNode? value, JsonNode? pattern) =>
            (value, pattern) switch
            {
                (JsonObject v, JsonObject p) => p.All(m => Contains(v[m.Key], m.Value)),
                (JsonArray v, JsonArray p) => p.All(item => v.Any(x => Contains(x, item))),
                _ => JsonNode.DeepEquals(value, pattern),
            };

        private static (string Name, string? Slice) LastStep(string id)
        {
            var step = id[(id.LastIndexOf('.') + 1)..];
            var colon = step.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? (step, null) : (step[..colon], step[(colon + 1)..]);
        }

        private static string Bare(string name) => name.EndsWith("[x]", StringComparison.Ordinal) ? name[..^3] : name;

        private static int Min(JsonNode element) => element["min"]?.GetValue<int>() ?? 0;

        private static IEnumerable<JsonObject> Types(JsonObject element) => (element["type"]?.AsArray() ?? []).Select(t => t!.AsObject());

        private static JsonNode? Rule(JsonObject element, string kind) =>
            element.FirstOrDefault(p => p.Key.StartsWith(kind, StringComparison.Ordinal)).Value;
    }
}
