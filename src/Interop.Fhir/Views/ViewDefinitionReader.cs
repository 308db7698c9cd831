using System.Text.Json;
using System.Text.RegularExpressions;

namespace Interop.Fhir.Views;

/// <summary>Reads the JSON of a ViewDefinition. Errors name the place inside the definition.</summary>
internal static partial class ViewDefinitionReader
{
    private const int MaximumDepth = 32;

    /// <summary>PostgreSQL's tables have at most 1,600 columns.</summary>
    private const int MaximumColumns = 1_000;

    private const int MaximumSelects = 500;
    private const int MaximumPaths = 100;

    private static readonly string[] SelectProperties =
    [
        "id",
        "extension",
        "modifierExtension",
        "column",
        "select",
        "forEach",
        "forEachOrNull",
        "repeat",
        "unionAll",
    ];
    private static readonly string[] ColumnProperties =
    [
        "id",
        "extension",
        "modifierExtension",
        "name",
        "path",
        "type",
        "collection",
        "description",
        "tag",
    ];

    public static ViewDefinition Read(JsonElement json, bool requireName)
    {
        try
        {
            return ReadView(json, requireName);
        }
        catch (InvalidOperationException e)
        {
            // A name with a lone surrogate: JsonElement reports it only by this exception.
            throw new ViewDefinitionException("", $"a property's name is no text: {e.Message}", e);
        }
    }

    private static ViewDefinition ReadView(JsonElement json, bool requireName)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new ViewDefinitionException("", "a ViewDefinition is a JSON object");
        if (Text(json, "resourceType", "") is { } type && type != "ViewDefinition")
            throw new ViewDefinitionException("resourceType", $"expected ViewDefinition but found {type}");
        var name = Text(json, "name", "");
        if (requireName && name is null)
            throw new ViewDefinitionException("name", "the view needs a name: it is the table's");
        if (name is not null && !SqlName().IsMatch(name))
            throw new ViewDefinitionException("name", $"'{name}' is not letters, digits and underscores, beginning with a letter");
        var view = new ViewDefinition
        {
            Name = name,
            Status = Text(json, "status", ""),
            Resource = Text(json, "resource", "") ?? throw new ViewDefinitionException("resource", "the type of resource is missing"),
            Constants = [.. Limited(json, "constant", "", MaximumPaths).Select(item => Constant(item.Json, item.Place))],
            Where =
            [
                .. Limited(json, "where", "", MaximumPaths).Select(item => RequiredText(Object(item.Json, item.Place), "path", item.Place)),
            ],
            Select = json.TryGetProperty("select", out _)
                ? Selects(json, "select", "", 0)
                : throw new ViewDefinitionException("select", "the view selects nothing"),
        };
        RefuseTooMany(view.Select);
        return view;
    }

    private static ViewSelect[] Selects(JsonElement json, string property, string place, int depth)
    {
        if (depth > MaximumDepth)
            throw new ViewDefinitionException(place, $"selects are nested deeper than {MaximumDepth}");
        return [.. Items(json, property, place).Select(item => Select(item.Json, item.Place, depth + 1))];
    }

    private static ViewSelect Select(JsonElement json, string place, int depth)
    {
        Object(json, place);
        RefuseUnknown(json, SelectProperties, place);
        string? forEach = Text(json, "forEach", place),
            orNull = Text(json, "forEachOrNull", place);
        string[] repeat =
        [
            .. Limited(json, "repeat", place, MaximumPaths)
                .Select(item =>
                    item.Json.ValueKind == JsonValueKind.String
                        ? TextOf(item.Json, item.Place)
                        : throw new ViewDefinitionException(item.Place, "expected a path")
                ),
        ];
        if ((forEach is null ? 0 : 1) + (orNull is null ? 0 : 1) + (repeat.Length == 0 ? 0 : 1) > 1)
            throw new ViewDefinitionException(place, "only one of forEach, forEachOrNull and repeat may be given");
        var select = new ViewSelect
        {
            Place = place,
            Iteration =
                forEach is not null ? ViewIteration.ForEach
                : orNull is not null ? ViewIteration.ForEachOrNull
                : repeat.Length > 0 ? ViewIteration.Repeat
                : ViewIteration.None,
            IterationPaths = (forEach ?? orNull) is { } path ? [path] : repeat,
            Columns = [.. Items(json, "column", place).Select(item => Column(item.Json, item.Place))],
            Selects = Selects(json, "select", place, depth),
            UnionAll = Selects(json, "unionAll", place, depth),
        };
        return select.Columns.Count + select.Selects.Count + select.UnionAll.Count > 0 || select.Iteration != ViewIteration.None
            ? select
            : throw new ViewDefinitionException(place, "neither column, select nor unionAll is given");
    }

    private static ViewColumn Column(JsonElement json, string place)
    {
        Object(json, place);
        RefuseUnknown(json, ColumnProperties, place);
        var name = RequiredText(json, "name", place);
        if (!SqlName().IsMatch(name))
            throw new ViewDefinitionException($"{place}.name", $"'{name}' is not letters, digits and underscores, beginning with a letter");
        var collection = false;
        if (json.TryGetProperty("collection", out var flag))
            collection = flag.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? flag.GetBoolean()
                : throw new ViewDefinitionException($"{place}.collection", "expected true or false");
        return new ViewColumn(name, RequiredText(json, "path", place), Text(json, "type", place), collection, place);
    }

    private static ViewConstant Constant(JsonElement json, string place)
    {
        Object(json, place);
        var name = RequiredText(json, "name", place);
        JsonProperty[] values = [.. json.EnumerateObject().Where(p => p.Name.StartsWith("value", StringComparison.Ordinal))];
        if (values.Length != 1 || values[0].Name.Length == "value".Length)
            throw new ViewDefinitionException(place, $"the constant {name} needs one value, such as valueString");
        var suffix = values[0].Name["value".Length..];
        var type = char.ToLowerInvariant(suffix[0]) + suffix[1..];
        var fits =
            ViewColumnKinds.IsPrimitive(type)
            && values[0].Value.ValueKind switch
            {
                JsonValueKind.String => ViewColumnKinds.Of(type)
                    is not (ViewColumnKind.Boolean or ViewColumnKind.Integer or ViewColumnKind.Numeric),
                JsonValueKind.Number => ViewColumnKinds.Of(type) is ViewColumnKind.Integer or ViewColumnKind.Numeric,
                JsonValueKind.True or JsonValueKind.False => ViewColumnKinds.Of(type) == ViewColumnKind.Boolean,
                _ => false,
            };
        return fits
            ? new ViewConstant(name, type, values[0].Value.Clone())
            : throw new ViewDefinitionException($"{place}.{values[0].Name}", $"not a value of a primitive type {type}");
    }

    private static IEnumerable<(JsonElement Json, string Place)> Items(JsonElement json, string property, string place)
    {
        if (!json.TryGetProperty(property, out var array))
            yield break;
        var prefix = place.Length == 0 ? property : $"{place}.{property}";
        if (array.ValueKind != JsonValueKind.Array)
            throw new ViewDefinitionException(prefix, "expected an array");
        var index = 0;
        foreach (var item in array.EnumerateArray())
            yield return (item, $"{prefix}[{index++}]");
    }

    private static IEnumerable<(JsonElement Json, string Place)> Limited(JsonElement json, string property, string place, int most)
    {
        if (json.TryGetProperty(property, out var array) && array.ValueKind == JsonValueKind.Array && array.GetArrayLength() > most)
            throw new ViewDefinitionException(place.Length == 0 ? property : $"{place}.{property}", $"there are more than {most}");
        return Items(json, property, place);
    }

    private static void RefuseTooMany(IReadOnlyList<ViewSelect> selects)
    {
        var (branches, columns) = (0, 0);
        Count(selects);
        if (branches > MaximumSelects)
            throw new ViewDefinitionException(
                "select",
                $"the view has {branches:N0} selects and branches, and at most {MaximumSelects:N0} are allowed"
            );
        if (columns > MaximumColumns)
            throw new ViewDefinitionException("select", $"the view has {columns:N0} columns, and at most {MaximumColumns:N0} are allowed");

        void Count(IReadOnlyList<ViewSelect> each)
        {
            foreach (var select in each)
            {
                branches++;
                columns += select.Columns.Count;
                Count(select.Selects);
                Count(select.UnionAll);
            }
        }
    }

    private static JsonElement Object(JsonElement json, string place) =>
        json.ValueKind == JsonValueKind.Object ? json : throw new ViewDefinitionException(place, "expected an object");

    private static void RefuseUnknown(JsonElement json, string[] known, string place)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (!known.Contains(property.Name) && !property.Name.StartsWith('_'))
                throw new ViewDefinitionException($"{place}.{property.Name}", "no such property");
        }
    }

    private static string RequiredText(JsonElement json, string property, string place) =>
        Text(json, property, place) ?? throw new ViewDefinitionException($"{place}.{property}", "is missing");

    private static string? Text(JsonElement json, string property, string place)
    {
        if (!json.TryGetProperty(property, out var value))
            return null;
        var own = place.Length == 0 ? property : $"{place}.{property}";
        return value.ValueKind == JsonValueKind.String && TextOf(value, own) is { Length: > 0 } text
            ? text
            : throw new ViewDefinitionException(own, "expected a text");
    }

    private static string TextOf(JsonElement value, string place)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ViewDefinitionException(place, "a lone surrogate (\\uD800 to \\uDFFF) is not a character", e);
        }
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex SqlName();
}
