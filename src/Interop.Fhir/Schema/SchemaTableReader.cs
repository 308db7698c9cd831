using System.Collections.Immutable;
using System.Globalization;

namespace Interop.Fhir.Schema;

/// <summary>Reads the table that eng/Interop.SchemaGenerator writes; its SchemaTableWriter describes the lines.</summary>
internal sealed class SchemaTableReader
{
    private readonly Dictionary<string, TypeDefinition> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RequiredValueSet> _valueSets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Invariant> _invariants = new(StringComparer.Ordinal);
    private readonly List<(ElementDefinition Element, string Types)> _unresolved = [];
    private string _version = "";
    private (string Url, bool IsOpen)? _valueSet;
    private readonly List<(string System, ImmutableArray<string> Codes)> _systems = [];
    private TypeDefinition? _type;
    private readonly List<ElementDefinition> _elements = [];

    public static R4Schema Read(TextReader table)
    {
        var reader = new SchemaTableReader();
        while (table.ReadLine() is { } line)
            reader.Add(line.Split('\t'));
        reader.EndType();
        reader.Resolve();
        return new R4Schema(reader._version, reader._types.Values, reader._valueSets.Values);
    }

    private void Add(string[] columns)
    {
        switch (columns[0])
        {
            case "R":
                _version = columns[1];
                break;
            case "V":
                EndValueSet();
                _valueSet = (columns[1], columns[2] == "open");
                break;
            case "S":
                _systems.Add((columns[1], [.. columns.AsSpan(2)]));
                break;
            case "I":
                // A key is unique only within a resource. The table distinguishes equal keys by their path after @.
                _invariants.Add(columns[1], new Invariant(columns[1].Split('@')[0], columns[2] == "error", columns[3], columns[4]));
                break;
            case "T":
                EndValueSet();
                EndType();
                BeginType(columns);
                break;
            case "E":
                AddElement(columns);
                break;
            default:
                throw new FormatException($"The schema table has a line of unknown kind: {columns[0]}");
        }
    }

    private void EndValueSet()
    {
        if (_valueSet is not { } valueSet)
            return;
        _valueSets.Add(valueSet.Url, new RequiredValueSet(valueSet.Url, valueSet.IsOpen, [.. _systems]));
        _valueSet = null;
        _systems.Clear();
    }

    private void BeginType(string[] columns)
    {
        var kind = columns[1].ToLowerInvariant() switch
        {
            "p" => TypeKind.Primitive,
            "c" => TypeKind.Complex,
            "q" => TypeKind.Constrained,
            "b" => TypeKind.Backbone,
            "r" => TypeKind.Resource,
            var other => throw new FormatException($"The schema table has a type of unknown kind: {other}"),
        };
        var baseType = columns[3].Length == 0 ? null : _types[columns[3]];
        _type = new TypeDefinition(
            columns[2],
            kind,
            char.IsUpper(columns[1][0]),
            baseType,
            columns[4].Length == 0 ? null : columns[4],
            Invariants(columns[5])
        );
        _types.Add(_type.Name, _type);
        _elements.Clear();
        if (baseType is not null)
            _elements.AddRange(baseType.Elements);
    }

    private void AddElement(string[] columns)
    {
        var inherited = _elements.FindIndex(e => (e.IsChoice ? e.Name + "[x]" : e.Name) == columns[1]);
        var index = inherited < 0 ? _elements.Count : inherited;
        var element = new ElementDefinition(columns[1], $"{_type!.Name}.{columns[1]}", index)
        {
            Min = int.Parse(columns[2], CultureInfo.InvariantCulture),
            Max = columns[3] == "*" ? ElementDefinition.Unbounded : int.Parse(columns[3], CultureInfo.InvariantCulture),
            IsModifier = columns[4].Contains('m'),
            IsSummary = columns[4].Contains('s'),
            RequiredBinding = columns[6].Length == 0 ? null : _valueSets[columns[6]],
            Invariants = Invariants(columns[7]),
        };
        _unresolved.Add((element, columns[5]));
        if (inherited < 0)
            _elements.Add(element);
        else
            _elements[inherited] = element;
    }

    private void EndType()
    {
        if (_type is not null)
            _type.Elements = [.. _elements];
    }

    // Types refer to each other in circles, so their names are looked up when all are known.
    private void Resolve()
    {
        foreach (var (element, types) in _unresolved)
        {
            if (types[0] == '#')
                element.ContentReference = types[1..];
            element.Types = types[0] is '@' or '#'
                ? [new ElementType(_types[types[1..]].BaseType!.Name, _types[types[1..]], [])]
                : [.. types.Split(' ').Select(ElementTypeOf)];
        }
    }

    private ElementType ElementTypeOf(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        ImmutableArray<string> targets = open < 0 ? [] : [.. text[(open + 1)..^1].Split('|').Where(t => t != "Resource")];
        var names = (open < 0 ? text : text[..open]).Split(':', 2);
        return new ElementType(names[0], _types[names[^1]], targets);
    }

    private ImmutableArray<Invariant> Invariants(string ids) => ids.Length == 0 ? [] : [.. ids.Split(',').Select(id => _invariants[id])];
}
