using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Interop.SchemaGenerator;

/// <summary>
/// The table: one fact per line, columns separated by tabs, so that a change of the definitions reads as a diff.
/// <code>
/// R  version
/// V  value set  complete|open  followed by its  S  system  code  code ...
/// I  key or key@path  severity  human  expression
/// T  kind  name  base  regex  invariant,invariant
///    kind: p primitive, c complex type, q constrained type, b element with children, r resource; capital: abstract
/// E  name  min  max  flags  types  value set  invariant,invariant
///    an element of the type above, only where it differs from the base type's
/// </code>
/// Types of an element are separated by spaces: Quantity, Quantity:SimpleQuantity (a constrained type), Reference(Patient|Group) (targets),
/// @Patient.contact (children), #Questionnaire.item (content reference). Flags: m modifier, s summary.
/// </summary>
internal sealed partial class SchemaTableWriter(Definitions definitions)
{
    private const string CanonicalBase = "http://hl7.org/fhir/StructureDefinition/";

    private readonly StringBuilder _types = new();
    private readonly SortedDictionary<string, string> _invariants = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _valueSets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _elementLines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _typeBases = new(StringComparer.Ordinal);
    private readonly HashSet<string> _resources = definitions
        .Structures.Where(s => Text(s, "kind") == "resource")
        .Select(s => Text(s, "name"))
        .ToHashSet(StringComparer.Ordinal);

    public string Write()
    {
        foreach (var structure in BasesFirst())
            WriteStructure(structure);

        var table = new StringBuilder();
        Line(table, "R", Definitions.FhirVersion);
        foreach (var url in _valueSets)
            WriteValueSet(table, url);
        foreach (var line in _invariants.Values)
            table.Append(line);
        return table.Append(_types).ToString();
    }

    private IEnumerable<JsonElement> BasesFirst()
    {
        var byName = definitions.Structures.ToDictionary(s => Text(s, "name"), StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        return definitions.Structures.SelectMany(s => WithBases(Text(s, "name")));

        IEnumerable<JsonElement> WithBases(string name) =>
            name.Length > 0 && written.Add(name) ? WithBases(BaseName(byName[name])).Append(byName[name]) : [];
    }

    private void WriteStructure(JsonElement structure)
    {
        var name = Text(structure, "name");
        var url = Text(structure, "url");
        var elements = structure.GetProperty("snapshot").GetProperty("element").EnumerateArray().ToList();
        var root = Text(elements[0], "path");
        var isPrimitive = Text(structure, "kind") == "primitive-type";
        var parents = elements
            .Select(e => Text(e, "path"))
            .Where(p => p.Contains('.'))
            .Select(p => p[..p.LastIndexOf('.')])
            .ToHashSet(StringComparer.Ordinal);

        WriteType(Kind(structure), name, BaseName(structure), isPrimitive ? Regex(elements) : "", Invariants(elements[0], url));
        WriteChildren(root, name);
        foreach (var element in elements.Skip(1).Where(e => parents.Contains(Text(e, "path"))))
        {
            var path = Text(element, "path");
            WriteType("b", path, Text(element.GetProperty("type")[0], "code"), "", Invariants(element, url));
            WriteChildren(path, path);
        }

        void WriteChildren(string parent, string typeName)
        {
            var baseLines = InheritedLines(_typeBases[typeName]);
            var lines = _elementLines[typeName] = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var element in elements.Where(e => IsChild(Text(e, "path"), parent)))
            {
                var path = Text(element, "path");
                if (isPrimitive && path.EndsWith(".value", StringComparison.Ordinal))
                    continue;
                if (!parents.Contains(path) && IsDefinedHere(element, root) && !definitions.IsOfficial(path))
                    continue;

                var line = ElementLine(element, path, parents.Contains(path), url);
                var elementName = path[(parent.Length + 1)..];
                if (baseLines.TryGetValue(elementName, out var inherited) && inherited == line)
                    continue;
                lines.Add(elementName, line);
                _types.Append(line);
            }
        }
    }

    private static bool IsDefinedHere(JsonElement element, string root) =>
        element.TryGetProperty("type", out _)
        && (!element.TryGetProperty("base", out var inherited) || Text(inherited, "path").StartsWith(root + ".", StringComparison.Ordinal));

    private void WriteType(string kind, string name, string baseName, string regex, string invariants)
    {
        _typeBases.Add(name, baseName);
        Line(_types, "T", kind, name, baseName, regex, invariants);
    }

    private Dictionary<string, string> InheritedLines(string typeName)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var name = typeName; name.Length > 0; name = _typeBases[name])
        {
            foreach (var (element, line) in _elementLines[name])
                lines.TryAdd(element, line);
        }

        return lines;
    }

    private string ElementLine(JsonElement element, string path, bool hasChildren, string structureUrl)
    {
        var types =
            hasChildren ? "@" + path
            : element.TryGetProperty("contentReference", out var reference) ? reference.GetString()!
            : string.Join(' ', element.GetProperty("type").EnumerateArray().Select(t => ElementType(t, path)));
        var flags = (Flag(element, "isModifier") ? "m" : "") + (Flag(element, "isSummary") ? "s" : "");
        var invariants = hasChildren ? "" : Invariants(element, structureUrl);
        return Line(
                new StringBuilder(),
                "E",
                path[(path.LastIndexOf('.') + 1)..],
                element.GetProperty("min").ToString(),
                Text(element, "max"),
                flags,
                types,
                RequiredBinding(element),
                invariants
            )
            .ToString();
    }

    private string ElementType(JsonElement type, string path)
    {
        var code = Text(type, "code");
        if (code.StartsWith("http://hl7.org/fhirpath/System.", StringComparison.Ordinal))
            return SystemType(type, path);

        if (type.TryGetProperty("profile", out var profiles))
            code += ":" + Short(profiles[0].GetString()!);
        if (type.TryGetProperty("targetProfile", out var targets))
            code += "(" + string.Join('|', targets.EnumerateArray().Select(t => Short(t.GetString()!))) + ")";
        return code;
    }

    // The definitions give most resource ids as string, an error that R4B corrects: resource.html says that Resource.id is an id.
    private string SystemType(JsonElement type, string path)
    {
        if (
            path.EndsWith(".id", StringComparison.Ordinal)
            && path.Count(c => c == '.') == 1
            && _resources.Contains(path[..path.IndexOf('.')])
        )
            return "id";
        return type.TryGetProperty("extension", out var extensions)
            ? Text(
                extensions.EnumerateArray().First(e => Text(e, "url").EndsWith("structuredefinition-fhir-type", StringComparison.Ordinal)),
                "valueUrl"
            )
            : "string";
    }

    private string RequiredBinding(JsonElement element)
    {
        if (!element.TryGetProperty("binding", out var binding) || Text(binding, "strength") != "required")
            return "";
        var url = Text(binding, "valueSet").Split('|')[0];
        _valueSets.Add(url);
        return url;
    }

    // An element repeats the constraints of its type with their source; only those that are defined right here belong to it.
    private string Invariants(JsonElement element, string structureUrl)
    {
        if (!element.TryGetProperty("constraint", out var constraints))
            return "";
        var keys = new List<string>();
        foreach (var constraint in constraints.EnumerateArray())
        {
            if (constraint.TryGetProperty("source", out var source) && source.GetString() != structureUrl)
                continue;
            if (!constraint.TryGetProperty("expression", out var expression) || IsOfItsType(element, Text(constraint, "key")))
                continue;

            keys.Add(
                InvariantId(
                    Text(constraint, "key"),
                    Text(element, "path"),
                    [Text(constraint, "severity"), Clean(Text(constraint, "human")), Clean(expression.GetString()!)]
                )
            );
        }

        return string.Join(',', keys);
    }

    // Every element is an Element (ele-1) and every extension an Extension (ext-1): the type's own line says so once.
    private static bool IsOfItsType(JsonElement element, string key) =>
        Text(element, "path").Contains('.')
        && (key == "ele-1" || (key == "ext-1" && Text(element.GetProperty("type")[0], "code") == "Extension"));

    // A key is unique within a resource only: inv-1 means one thing in Parameters and another in Task.
    private string InvariantId(string key, string path, string[] facts)
    {
        foreach (var id in (string[])[key, $"{key}@{path}"])
        {
            var line = Line(new StringBuilder(), ["I", id, .. facts]).ToString();
            if (!_invariants.TryAdd(id, line) && _invariants[id] != line)
                continue;
            return id;
        }

        throw new DefinitionException($"{path} has two invariants {key}");
    }

    private void WriteValueSet(StringBuilder table, string url)
    {
        var expansion = ValueSetExpansion.Of(url, definitions);
        Line(table, "V", url, expansion.IsOpen ? "open" : "complete");
        if (expansion.IsOpen)
            return;
        foreach (var (system, codes) in expansion.Systems)
            Line(table, ["S", system, .. codes]);
    }

    private static string Kind(JsonElement structure)
    {
        var kind = Text(structure, "kind") switch
        {
            "primitive-type" => "p",
            "resource" => "r",
            "complex-type" when structure.TryGetProperty("derivation", out var derivation) && derivation.GetString() == "constraint" => "q",
            "complex-type" => "c",
            var other => throw new DefinitionException($"unknown kind {other}"),
        };
        return Flag(structure, "abstract") ? kind.ToUpperInvariant() : kind;
    }

    private static string Regex(List<JsonElement> elements)
    {
        var type = elements.Single(e => Text(e, "path").EndsWith(".value", StringComparison.Ordinal)).GetProperty("type")[0];
        return type.GetProperty("extension")
            .EnumerateArray()
            .Where(e => Text(e, "url").EndsWith("/regex", StringComparison.Ordinal))
            .Select(e => Text(e, "valueString"))
            .FirstOrDefault("");
    }

    private static string BaseName(JsonElement structure) =>
        structure.TryGetProperty("baseDefinition", out var url) ? Short(url.GetString()!) : "";

    private static bool IsChild(string path, string parent) =>
        path.Length > parent.Length
        && path.StartsWith(parent, StringComparison.Ordinal)
        && path[parent.Length] == '.'
        && path.IndexOf('.', parent.Length + 1) < 0;

    private static string Short(string canonical) =>
        canonical.StartsWith(CanonicalBase, StringComparison.Ordinal) ? canonical[CanonicalBase.Length..] : canonical;

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static bool Flag(JsonElement element, string property) => element.TryGetProperty(property, out var value) && value.GetBoolean();

    private static string Clean(string text) => Whitespace().Replace(text, " ").Trim();

    private static StringBuilder Line(StringBuilder to, params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            if (column.AsSpan().IndexOfAny('\t', '\r', '\n') >= 0)
                throw new DefinitionException($"a column with a tab or a line break: {column}");
        }

        return to.AppendJoin('\t', columns).Append('\n');
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
