using System.Text.Json;

namespace Interop.Fhir.Views;

/// <summary>
/// A ViewDefinition of SQL on FHIR v2 (https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html): how to make rows of a
/// resource. Parsed and checked for its form; paths and types are checked by <see cref="CompiledView.Compile"/>.
/// </summary>
public sealed record ViewDefinition
{
    /// <summary>The largest size of a definition's document in bytes.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>The table's name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>draft, active, retired or unknown; null when the definition has none.</summary>
    public string? Status { get; init; }

    /// <summary>The type of the resources that rows are made of.</summary>
    public required string Resource { get; init; }

    /// <summary>The constants that paths refer to as %name.</summary>
    public IReadOnlyList<ViewConstant> Constants { get; init; } = [];

    /// <summary>Paths that must all hold for a resource to give rows.</summary>
    public IReadOnlyList<string> Where { get; init; } = [];

    /// <summary>The selects at the top. Their rows are combined with each other.</summary>
    public required IReadOnlyList<ViewSelect> Select { get; init; }

    /// <summary>Reads a view from JSON.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="requireName">A view without a name that can be a table's is refused.</param>
    /// <exception cref="ViewDefinitionException">It is not JSON, or not a ViewDefinition.</exception>
    public static ViewDefinition Parse(ReadOnlySpan<byte> utf8, bool requireName = false)
    {
        if (utf8.Length > MaxBytes)
            throw new ViewDefinitionException("", $"the definition is larger than {MaxBytes:N0} bytes");
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Disallow });
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return Parse(document.RootElement, requireName);
        }
        catch (JsonException error)
        {
            throw new ViewDefinitionException("", $"not JSON: {error.Message}", error);
        }
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, bool)"/>
    public static ViewDefinition Parse(JsonElement json, bool requireName = false) => ViewDefinitionReader.Read(json, requireName);
}

/// <summary>A named value that paths refer to as %name.</summary>
/// <param name="Name">Without the percent sign.</param>
/// <param name="Type">Its FHIR type, from the suffix of value[x].</param>
/// <param name="Value">Its value.</param>
public sealed record ViewConstant(string Name, string Type, JsonElement Value);

/// <summary>How a select iterates over the elements that its columns are relative to.</summary>
public enum ViewIteration
{
    /// <summary>One row for the element itself.</summary>
    None,

    /// <summary>A row for each element; no row without elements.</summary>
    ForEach,

    /// <summary>A row for each element; one row of nulls without elements.</summary>
    ForEachOrNull,

    /// <summary>A row for each element that the paths reach, at any depth.</summary>
    Repeat,
}

/// <summary>A select: columns, nested selects and unions relative to the elements that its iteration finds.</summary>
public sealed record ViewSelect
{
    /// <summary>Its path inside the view.</summary>
    public required string Place { get; init; }

    /// <summary>How the select iterates.</summary>
    public ViewIteration Iteration { get; init; }

    /// <summary>The path of forEach or forEachOrNull; those of repeat.</summary>
    public IReadOnlyList<string> IterationPaths { get; init; } = [];

    /// <summary>The columns of the select itself.</summary>
    public IReadOnlyList<ViewColumn> Columns { get; init; } = [];

    /// <summary>Nested selects: their rows are combined with each other and with the columns.</summary>
    public IReadOnlyList<ViewSelect> Selects { get; init; } = [];

    /// <summary>Branches with the same columns: their rows follow one another.</summary>
    public IReadOnlyList<ViewSelect> UnionAll { get; init; } = [];
}

/// <summary>A column of a view.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Path">The FHIRPath of its value.</param>
/// <param name="Type">The FHIR type of its value; null where the view does not say.</param>
/// <param name="IsCollection">Several values are an array, not an error.</param>
/// <param name="Place">Its path inside the view.</param>
public sealed record ViewColumn(string Name, string Path, string? Type, bool IsCollection, string Place)
{
    /// <summary>The kind of the column's values.</summary>
    public ViewColumnKind Kind => ViewColumnKinds.Of(Type);
}
