namespace Interop.Ingestion.Views;

/// <summary>Where a view's definition comes from.</summary>
internal static class ViewOrigin
{
    /// <summary>It comes with the program.</summary>
    public const string Platform = "platform";

    /// <summary>A file of <c>Views:Directory</c>; only the file can change it.</summary>
    public const string File = "file";

    /// <summary>It was put through the API.</summary>
    public const string Api = "api";
}

/// <summary>A row of <c>views</c>.</summary>
internal sealed record ViewRecord
{
    public string Name { get; init; } = "";

    public string Origin { get; init; } = "";

    /// <summary>The ViewDefinition whose rows are in the table with the view's name; null while a run fills the first table.</summary>
    public string? Definition { get; init; }

    /// <summary>The layout of the table of the view's name (<see cref="ViewTable.CurrentLayout"/>).</summary>
    public int Layout { get; init; } = ViewTable.CurrentLayout;

    /// <summary>Counts the tables that were made for the view, so that no two have one name.</summary>
    public long Generation { get; init; }

    public DateTimeOffset ChangedAt { get; init; }

    public string? NextOrigin { get; init; }

    /// <summary>The ViewDefinition whose table a run fills.</summary>
    public string? NextDefinition { get; init; }

    /// <summary>The run that fills it.</summary>
    public long? NextRunId { get; init; }

    /// <summary>The source of the last resource whose rows are in the new table.</summary>
    public string? NextSource { get; init; }

    /// <summary>The id of that resource.</summary>
    public string? NextId { get; init; }

    /// <summary>The name of the new table until it takes the view's name.</summary>
    public string NextTable => TableOf(Name, Generation);

    public static string TableOf(string name, long generation) => $"{name}__v{generation}";
}
