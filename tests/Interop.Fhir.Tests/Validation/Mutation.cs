using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>One rule broken at one place of a valid resource, and the issue that is expected for it.</summary>
internal sealed record Mutation(string Rule, string Code, string Location, Func<string> Json)
{
    public override string ToString() => $"{Rule}: {Code} at {Location}";
}

/// <summary>
/// Every way to break one rule of the structure level somewhere in a resource. Places and types come from the schema, so that what is
/// expected is derived from the definitions and not from the validator.
/// </summary>
internal sealed class Mutator
{
    private const string DuplicateMark = "@again@";

    private readonly JsonObject _root;
    private readonly List<Mutation> _mutations = [];

    private Mutator(JsonObject root) => _root = root;

    public static IReadOnlyList<Mutation> AllOf(string json)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        var mutator = new Mutator(root);
        mutator.AddResource(root, [], Name(root));
        return mutator._mutations;
    }

    private void AddResource(JsonObject resource, object[] steps, string path)
    {
        var type = R4Schema.Default.FindResource(Name(resource))!;
        var typePath = steps.Length == 0 ? "resourceType" : path + ".resourceType";
        Add("no resourceType", IssueCode.Required, typePath, steps, n => n.AsObject().Remove("resourceType"));
        Add("unknown resourceType", IssueCode.NotSupported, typePath, steps, n => n["resourceType"] = "Nonsense");
        AddObject(resource, type, steps, path);
    }

    private void AddObject(JsonObject node, TypeDefinition type, object[] steps, string path)
    {
        Add("unknown property", IssueCode.Structure, path + ".zzz", steps, n => n["zzz"] = 1);
        Add("unknown companion", IssueCode.Structure, path + "._zzz", steps, n => n["_zzz"] = new JsonObject { ["id"] = "a" });
        foreach (var (name, value) in node.Where(p => p.Key != "resourceType" || type.Kind != TypeKind.Resource).ToList())
        {
            var (element, elementType) = Find(type, name);
            AddProperty(node, name, value!, element, elementType, [.. steps, name], $"{path}.{element.Name}");
            Add(
                "duplicate property",
                IssueCode.Structure,
                $"{path}.{element.Name}",
                steps,
                n => n[DuplicateMark + name] = n[name]!.DeepClone()
            );
            if (element.Min > 0 && !node.ContainsKey("_" + name) && name[0] != '_')
                Add("missing required element", IssueCode.Required, $"{path}.{element.Name}", steps, n => n.AsObject().Remove(name));
            if (element.IsChoice && name[0] != '_')
            {
                var other = element.Types.First(t => t != elementType);
                var otherName = element.Name + char.ToUpperInvariant(other.Code[0]) + other.Code[1..];
                Add("two types of a choice", IssueCode.Structure, $"{path}.{element.Name}", steps, n => n[otherName] = "a");
            }
        }
    }

    private void AddProperty(
        JsonObject node,
        string name,
        JsonNode value,
        ElementDefinition element,
        ElementType type,
        object[] steps,
        string path
    )
    {
        if (!element.Repeats)
        {
            Add("array for one", IssueCode.Structure, path, steps, n => Replace(n, new JsonArray(n.DeepClone())));
            Add("null", IssueCode.Structure, path, steps, n => Replace(n, null));
            AddItem(value, element, type, name[0] == '_', steps, path);
            return;
        }

        Add(
            "one for an array",
            IssueCode.Structure,
            path,
            steps,
            n => Replace(n, (n.AsArray().FirstOrDefault(i => i is not null) ?? "a").DeepClone())
        );
        Add("empty array", IssueCode.Structure, path, steps, n => Replace(n, new JsonArray()));
        Add("null for an array", IssueCode.Structure, path, steps, n => Replace(n, null));
        var items = value.AsArray();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is not { } item)
                continue;
            AddItem(item, element, type, name[0] == '_', [.. steps, i], $"{path}[{i}]");
            if (!node.ContainsKey("_" + name) && name[0] != '_')
                Add("null item", IssueCode.Structure, $"{path}[{i}]", [.. steps, i], n => Replace(n, null));
            Add("array item", IssueCode.Structure, $"{path}[{i}]", [.. steps, i], n => Replace(n, new JsonArray(1)));
        }

        if (node.ContainsKey("_" + name))
            Add(
                "arrays of two lengths",
                IssueCode.Structure,
                path,
                steps,
                n => n.AsArray().Add((n.AsArray().First(i => i is not null))!.DeepClone())
            );
    }

    private void AddItem(JsonNode item, ElementDefinition element, ElementType type, bool isCompanion, object[] steps, string path)
    {
        if (isCompanion || !type.Type.IsPrimitive)
        {
            Add(
                "empty object",
                IssueCode.Structure,
                path,
                steps,
                n => Replace(n, new JsonObject()),
                element.Name == "contained" || type.Type.IsResource
            );
            Add("string for an object", IssueCode.Structure, path, steps, n => Replace(n, "a"));
            Add("number for an object", IssueCode.Structure, path, steps, n => Replace(n, 1));
            if (item is JsonObject nested && type.Type.IsResource)
                AddNestedResource(nested, element, steps, path);
            else
                AddObject(item.AsObject(), type.Type, steps, path);
            return;
        }

        Add("object for a value", IssueCode.Structure, path, steps, n => Replace(n, new JsonObject { ["id"] = "a" }));
        Add(
            "wrong JSON type",
            IssueCode.Structure,
            path,
            steps,
            n => Replace(n, item.GetValueKind() == System.Text.Json.JsonValueKind.String ? 1 : "1")
        );
        if (item.GetValueKind() == System.Text.Json.JsonValueKind.String)
            Add("empty string", IssueCode.Value, path, steps, n => Replace(n, ""));
        if (BadValue(type.Type.Primitive) is { } bad)
            Add("format of " + type.Type.Name, IssueCode.Value, path, steps, n => Replace(n, bad.DeepClone()));
        if (type.Type.Primitive == PrimitiveKind.Code && element.RequiredBinding is { IsOpen: false })
            Add("code not in the value set", IssueCode.CodeInvalid, path, steps, n => Replace(n, "no-such-code"));
        if (element.Path == "Reference.reference")
            Add("malformed reference", IssueCode.Value, path, steps, n => Replace(n, "nobody/1"));
    }

    private void AddNestedResource(JsonObject nested, ElementDefinition element, object[] steps, string path)
    {
        AddResource(nested, steps, path);
        if (element.Name != "contained")
            return;
        Add("contained without id", IssueCode.Required, path + ".id", steps, n => n.AsObject().Remove("id"));
        Add(
            "contained in contained",
            IssueCode.Invariant,
            path + ".contained[0]",
            steps,
            n => n["contained"] = new JsonArray(new JsonObject { ["resourceType"] = "Patient" })
        );
    }

    private void Add(string rule, string code, string location, object[] steps, Action<JsonNode> change, bool isNot = false)
    {
        if (isNot)
            return;
        _mutations.Add(
            new Mutation(
                rule,
                code,
                location,
                () =>
                {
                    var root = _root.DeepClone();
                    change(steps.Aggregate(root, (node, step) => step is int index ? node[index]! : node[(string)step]!));
                    return root.ToJsonString().Replace(DuplicateMark, "", StringComparison.Ordinal);
                }
            )
        );
    }

    private static void Replace(JsonNode node, JsonNode? by)
    {
        if (node.Parent is JsonArray array)
            array[node.GetElementIndex()] = by;
        else
            node.Parent![node.GetPropertyName()] = by;
    }

    private static (ElementDefinition Element, ElementType Type) Find(TypeDefinition type, string property)
    {
        var name = property.TrimStart('_');
        return type
            .Elements.SelectMany(e => e.Types.Select(t => (Element: e, Type: t)))
            .First(p =>
                name == (p.Element.IsChoice ? p.Element.Name + char.ToUpperInvariant(p.Type.Code[0]) + p.Type.Code[1..] : p.Element.Name)
            );
    }

    private static string Name(JsonObject resource) => resource["resourceType"]!.GetValue<string>();

    private static JsonNode? BadValue(PrimitiveKind kind) =>
        kind switch
        {
            PrimitiveKind.Date => "2023-02-29",
            PrimitiveKind.DateTime => "2024-04-31T10:00:00Z",
            PrimitiveKind.Instant => "2024-01-01",
            PrimitiveKind.Time => "25:00:00",
            PrimitiveKind.Id => "a b",
            PrimitiveKind.Code => "a  b",
            PrimitiveKind.Uri or PrimitiveKind.Url or PrimitiveKind.Canonical => "a b",
            PrimitiveKind.Oid => "urn:oid:9",
            PrimitiveKind.Uuid => "urn:uuid:9",
            PrimitiveKind.Base64Binary => "Q",
            PrimitiveKind.String or PrimitiveKind.Markdown => "a\u0001",
            PrimitiveKind.Xhtml => "<div>a</div>",
            PrimitiveKind.Integer => 1.5,
            PrimitiveKind.PositiveInt => 0,
            PrimitiveKind.UnsignedInt => -1,
            _ => null,
        };
}
