using System.Collections.Immutable;

namespace Interop.Views;

/// <summary>
/// One SQL on FHIR view, whose rows are a table; the key is the view's name. A changed definition gets a new table. A run fills it from the
/// stored raw JSON while ingestion continues; until the run has ended, readers see the old table.
/// </summary>
[Alias("Interop.IViewGrain")]
public interface IViewGrain : IGrainWithStringKey
{
    /// <summary>Gives the view this ViewDefinition, or says why that is not possible. The definition is tried on stored resources
    /// first.</summary>
    /// <param name="definition">The ViewDefinition as JSON.</param>
    /// <param name="replace">Says on purpose that one of the platform's own views is changed.</param>
    [Alias("Put")]
    Task<ViewChangeResult> Put(JsonText definition, bool replace);

    /// <summary>Removes the view and its table; where it replaced one of the platform's own views, that one comes back.</summary>
    [Alias("Delete")]
    Task<ViewChangeResult> Delete();

    /// <summary>Fills the view table anew.</summary>
    [Alias("Rebuild")]
    Task<ViewChangeResult> Rebuild();
}

/// <summary>Reads views and their rows.</summary>
[Alias("Interop.IViewQueryGrain")]
public interface IViewQueryGrain : IQueryGrain
{
    /// <summary>Every view, and every file of <c>Views:Directory</c> that is refused.</summary>
    [Alias("List")]
    Task<ImmutableArray<ViewInfo>> List();

    /// <summary>One view; null when there is none.</summary>
    [Alias("Find")]
    Task<ViewInfo?> Find(string name);

    /// <summary>The ViewDefinition as it was given; null when there is no such view.</summary>
    [Alias("GetDefinition")]
    Task<JsonText?> GetDefinition(string name);

    /// <summary>The rows that a view gives for the first stored resources of its type; nothing is written.</summary>
    /// <param name="name">The view.</param>
    /// <param name="definition">Another definition to try; null: the view's own.</param>
    /// <param name="limit">How many resources.</param>
    /// <param name="cancellationToken">Ends the evaluation when the caller is gone.</param>
    [Alias("Preview")]
    Task<ViewPreviewResult> Preview(string name, JsonText? definition, int limit, CancellationToken cancellationToken = default);

    /// <summary>The next rows of a view table, in the order of their keys, at most about 1 MiB; null when there is no such table.</summary>
    /// <param name="name">The view.</param>
    /// <param name="format">How they are written.</param>
    /// <param name="limit">How many rows in all pages together; null: all.</param>
    /// <param name="cursor">The <see cref="ViewRowsPage.NextCursor"/> of the page before; null for the first page.</param>
    /// <param name="selection">Which rows, in which order; the same for all pages. Null: all, in the order of their keys.</param>
    [Alias("ReadRows")]
    Task<ViewRowsPage?> ReadRows(string name, RowFormat format, long? limit, string? cursor, RowSelection? selection = null);

    /// <summary>A small page of a view table as NDJSON, to look at; null when there is no such table.</summary>
    /// <param name="name">The view.</param>
    /// <param name="rows">The size of the page, at most 500.</param>
    /// <param name="cursor">The <see cref="ViewRowsPage.NextCursor"/> of the page before; null for the first page.</param>
    /// <param name="selection">Which rows, in which order; the same for all pages. Null: all, in the order of their keys.</param>
    [Alias("BrowseRows")]
    Task<ViewRowsPage?> BrowseRows(string name, int rows, string? cursor, RowSelection? selection = null);
}

/// <summary>The text format of rows.</summary>
public enum RowFormat
{
    /// <summary>One JSON object per line.</summary>
    Ndjson,

    /// <summary>RFC 4180 with a header on the first page.</summary>
    Csv,
}

/// <summary>The result of a request to change a view.</summary>
public enum ViewOutcome
{
    /// <summary>Done. No stored resources had to be read.</summary>
    Active,

    /// <summary>A run fills the new table.</summary>
    Building,

    /// <summary>The view has this definition already.</summary>
    Unchanged,

    /// <summary>The definition cannot be a table; the reason says where and why. The view is unchanged.</summary>
    Refused,

    /// <summary>A file of <c>Views:Directory</c> gives this view; only the file can change it.</summary>
    BelongsToFile,

    /// <summary>There is no view of this name.</summary>
    Unknown,

    /// <summary>The view is one of the platform's own: it is changed only on purpose (<c>replace</c>), and never removed.</summary>
    NeedsReplace,

    /// <summary>The view and its table are gone.</summary>
    Deleted,
}

/// <summary>The result of a request to change a view.</summary>
/// <param name="View">The view as it is now; null when there is none.</param>
/// <param name="RunId">The run that fills the new table.</param>
/// <param name="Reason">Why the definition was refused, and where in it.</param>
/// <param name="Trial">How the definition did on stored resources; null when it was not tried.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewChangeResult")]
public sealed record ViewChangeResult(ViewOutcome Outcome, ViewInfo? View, long? RunId, string? Reason, ViewTrial? Trial);

/// <summary>How a definition did on the first stored resources of its type.</summary>
/// <param name="Resources">How many were tried.</param>
/// <param name="Failing">How many of them it has no rows of: they would be listed as the view's failures.</param>
/// <param name="Examples">The first of these.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewTrial")]
public sealed record ViewTrial(long Resources, long Failing, ImmutableArray<ViewFailure> Examples);

/// <summary>A view and its table.</summary>
/// <param name="Name">The view's name, and the table's.</param>
/// <param name="ResourceType">The resource type that it reads; null for a refused file.</param>
/// <param name="Status">active, building (a run fills its table; until it ends, readers see the old rows, if any), or refused.</param>
/// <param name="Origin">Where the definition comes from: platform, file or api.</param>
/// <param name="RowsPerResource">one or many.</param>
/// <param name="RunId">The run that fills its table; null when there is none.</param>
/// <param name="Warnings">Paths that cannot find anything, such as a misspelt element.</param>
/// <param name="Problem">Why a file's definition is not used.</param>
/// <param name="Failures">How many stored resources have no rows because the view fails on them.</param>
/// <param name="FailureExamples">The first of these, with the reason.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewInfo")]
public sealed record ViewInfo(
    string Name,
    string? ResourceType,
    string Status,
    string Origin,
    string? RowsPerResource,
    ImmutableArray<ViewColumnInfo> Columns,
    DateTimeOffset? ChangedAt,
    long? RunId,
    ImmutableArray<string> Warnings,
    string? Problem,
    long Failures,
    ImmutableArray<ViewFailure> FailureExamples
);

/// <summary>A column of a view table.</summary>
/// <param name="Type">The FHIR type in the definition; null when it has none.</param>
/// <param name="SqlType">The column's type in this database.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewColumnInfo")]
public sealed record ViewColumnInfo(string Name, string? Type, string SqlType);

/// <summary>A preview, or why there is none.</summary>
/// <param name="IsKnown">False: there is no such view, and no definition was given.</param>
/// <param name="Reason">Why the definition cannot be run, and where in it.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewPreviewResult")]
public sealed record ViewPreviewResult(bool IsKnown, string? Reason, ViewPreview? Preview);

/// <summary>The rows of a few resources.</summary>
/// <param name="Resources">How many stored resources were read.</param>
/// <param name="Rows">Their rows, a JSON array of objects.</param>
/// <param name="Failures">Resources that the view fails on.</param>
/// <param name="Warnings">Paths that cannot find anything.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewPreview")]
public sealed record ViewPreview(int Resources, JsonText Rows, ImmutableArray<ViewFailure> Failures, ImmutableArray<string> Warnings);

/// <summary>A resource that a view fails on.</summary>
/// <param name="Error">The column and what does not fit.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewFailure")]
public sealed record ViewFailure(string Source, string Id, string Error);

/// <summary>A part of a view table.</summary>
/// <param name="Text">The rows, each with its line feed.</param>
/// <param name="NextCursor">Where the next page begins; null after the last page. It can hold a patient's data.</param>
/// <param name="Columns">The columns of the table, in the order of the rows' cells.</param>
/// <param name="Problem">Why the selection is refused; then there are no rows.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewRowsPage")]
public sealed record ViewRowsPage(string Text, long Count, string? NextCursor, ImmutableArray<RowColumn> Columns, string? Problem);
