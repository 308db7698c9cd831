using System.Collections.Immutable;

namespace Interop.Views;

/// <summary>
/// One SQL on FHIR view whose rows are a normalized table; the key is the view's name. A changed definition gets a new table, filled from
/// the stored raw JSON by a run while ingestion goes on; until that has ended the old rows are what is read.
/// </summary>
[Alias("Interop.IViewGrain")]
public interface IViewGrain : IGrainWithStringKey
{
    /// <summary>Makes this ViewDefinition the view's, or says why it cannot be. It is tried on stored resources first.</summary>
    /// <param name="definition">The ViewDefinition as JSON.</param>
    /// <param name="replace">Says on purpose that one of the platform's own views is changed.</param>
    [Alias("Put")]
    Task<ViewChangeResult> Put(JsonText definition, bool replace);

    /// <summary>Removes the view and its table; where it replaced one of the platform's own views, that one comes back.</summary>
    [Alias("Delete")]
    Task<ViewChangeResult> Delete();

    /// <summary>Fills the view's table anew.</summary>
    [Alias("Rebuild")]
    Task<ViewChangeResult> Rebuild();
}

/// <summary>Reads views and their rows.</summary>
[Alias("Interop.IViewQueryGrain")]
public interface IViewQueryGrain : IGrainWithIntegerKey
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

    /// <summary>The rows that a view makes of the first stored resources of its type; nothing is written.</summary>
    /// <param name="name">The view.</param>
    /// <param name="definition">Another definition to try in its place; null: the view's own.</param>
    /// <param name="limit">How many resources.</param>
    [Alias("Preview")]
    Task<ViewPreviewResult> Preview(string name, JsonText? definition, int limit);

    /// <summary>The next rows of a view's table, in the order of their keys, at most about 1 MiB of them; null when there is no such table.</summary>
    /// <param name="name">The view.</param>
    /// <param name="format">How they are written.</param>
    /// <param name="limit">How many in all pages together; null: all.</param>
    /// <param name="cursor">The page before's <see cref="ViewRowsPage.NextCursor"/>; null for the first.</param>
    [Alias("ReadRows")]
    Task<ViewRowsPage?> ReadRows(string name, RowFormat format, long? limit, string? cursor);
}

/// <summary>How rows are written as text.</summary>
public enum RowFormat
{
    /// <summary>A JSON object a line.</summary>
    Ndjson,

    /// <summary>RFC 4180 with a header on the first page.</summary>
    Csv,
}

/// <summary>How a wish to change a view came out.</summary>
public enum ViewOutcome
{
    /// <summary>Done: nothing was stored that the table had to be filled with.</summary>
    Active,

    /// <summary>A run fills the new table.</summary>
    Building,

    /// <summary>The view has this definition already.</summary>
    Unchanged,

    /// <summary>The definition cannot be a table; place and reason say why. The view is what it was.</summary>
    Refused,

    /// <summary>A file of <c>Views:Directory</c> gives this view, and only the file changes it.</summary>
    BelongsToFile,

    /// <summary>There is no view of this name.</summary>
    Unknown,

    /// <summary>The view is one of the platform's own: it is changed only on purpose (<c>replace</c>), and never removed.</summary>
    NeedsReplace,

    /// <summary>The view and its table are gone.</summary>
    Deleted,
}

/// <param name="View">The view as it is now; null when there is none.</param>
/// <param name="RunId">The run that fills the new table.</param>
/// <param name="Reason">Where in the definition and why, when it was refused.</param>
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
/// <param name="ResourceType">What it reads; null for a file that is refused.</param>
/// <param name="Status">active, building (a run fills its table; the rows before, if any, are read until then), or refused.</param>
/// <param name="Origin">Who gave the definition: platform, file or api.</param>
/// <param name="RowsPerResource">one or many.</param>
/// <param name="RunId">The run that fills its table, while there is one.</param>
/// <param name="Warnings">Paths that can find nothing, such as a misspelt element.</param>
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
    ImmutableArray<ViewFailure> FailureExamples);

/// <param name="Type">The FHIR type that the view gives; null where it gives none.</param>
/// <param name="SqlType">The column's type in this database.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewColumnInfo")]
public sealed record ViewColumnInfo(string Name, string? Type, string SqlType);

/// <param name="IsKnown">False: there is no such view, and no definition was given.</param>
/// <param name="Reason">Where in the definition and why, when it cannot be run.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewPreviewResult")]
public sealed record ViewPreviewResult(bool IsKnown, string? Reason, ViewPreview? Preview);

/// <param name="Resources">How many stored resources were read.</param>
/// <param name="Rows">Their rows, a JSON array of objects.</param>
/// <param name="Failures">Resources that the view fails on.</param>
/// <param name="Warnings">Paths that can find nothing.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewPreview")]
public sealed record ViewPreview(int Resources, JsonText Rows, ImmutableArray<ViewFailure> Failures, ImmutableArray<string> Warnings);

/// <param name="Error">The column and what does not fit.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewFailure")]
public sealed record ViewFailure(string Source, string Id, string Error);

/// <param name="Text">The rows, each with its line end.</param>
/// <param name="NextCursor">Where the next page begins; null after the last.</param>
[GenerateSerializer, Immutable, Alias("Interop.ViewRowsPage")]
public sealed record ViewRowsPage(string Text, long Count, string? NextCursor);
