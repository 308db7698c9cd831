namespace Interop.Ingestion.Views;

/// <summary>Whose word a view's definition is.</summary>
internal static class ViewOrigin
{
    /// <summary>Comes with the program.</summary>
    public const string Platform = "platform";

    /// <summary>A file of <c>Views:Directory</c>: only the file changes it.</summary>
    public const string File = "file";

    /// <summary>Put through the API.</summary>
    public const string Api = "api";
}

/// <summary>A row of <c>views</c>.</summary>
internal sealed record ViewRecord
{
    public string Name { get; init; } = "";

    public string Origin { get; init; } = "";

    /// <summary>The ViewDefinition whose rows are in the table of the view's name; null while the first one is being filled.</summary>
    public string? Definition { get; init; }

    /// <summary>The layout of the table of the view's name (<see cref="ViewTable.CurrentLayout"/>).</summary>
    public int Layout { get; init; } = ViewTable.CurrentLayout;

    /// <summary>Counts the tables that were made for the view, so that no two have one name.</summary>
    public long Generation { get; init; }

    public DateTimeOffset ChangedAt { get; init; }

    public string? NextOrigin { get; init; }

    /// <summary>The ViewDefinition whose table is being filled.</summary>
    public string? NextDefinition { get; init; }

    /// <summary>The run that fills it.</summary>
    public long? NextRunId { get; init; }

    /// <summary>How far it has come: the source of the last resource.</summary>
    public string? NextSource { get; init; }

    /// <summary>How far it has come: the id of the last resource.</summary>
    public string? NextId { get; init; }

    /// <summary>What the table is called until it takes the view's name.</summary>
    public string NextTable => TableOf(Name, Generation);

    public static string TableOf(string name, long generation) => $"{name}__v{generation}";
}
