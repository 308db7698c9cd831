using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Loading;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Ingestion.Preparing;

/// <summary>Why a resource becomes a dead letter.</summary>
/// <param name="IssuesJson">What the validator found, as a JSON array.</param>
/// <param name="MissingPatientId">The patient whose absence is the reason.</param>
internal sealed record Failure(string Stage, string Error, string IssuesJson = "[]", string? MissingPatientId = null)
{
    /// <summary>A view could not make the resource's rows.</summary>
    public static Failure OfView(string view, Exception reason) =>
        new(DeadLetterStage.Transform, $"{view}: {(reason is ViewEvaluationException ? "" : $"{reason.GetType().Name}: ")}{reason.Message}");
}

/// <summary>One resource, ready to be loaded or known to be bad.</summary>
internal sealed class PreparedResource(IncomingResource incoming, string resourceType, string? id, ResourceVersion version)
{
    public IncomingResource Incoming { get; } = incoming;

    public string ResourceType { get; } = resourceType;

    /// <summary>Null only for what failed.</summary>
    public string? Id { get; } = id;

    public ResourceVersion Version { get; } = version;

    /// <summary>By what this version is recognised when it comes again; without an id only its content can tell it from others.</summary>
    public string Key => OpenLetters.Storable(Id is null ? Version.ContentKey : Version.Key)!;

    /// <summary>Why it cannot be loaded; null when it can.</summary>
    public Failure? Failure { get; set; }

    /// <summary>This very version was in the database when the page was prepared: it was not validated again and has no rows.</summary>
    public bool AlreadyStored { get; set; }

    /// <summary>Read from the server to settle a tie: newer than anything stored but itself.</summary>
    public bool IsServersWord { get; init; }

    /// <summary>Its row in <see cref="PreparedPage.ResourceRows"/>; -1 when it has none.</summary>
    public int ResourceRow { get; set; } = -1;

    /// <summary>Which rows of <see cref="PreparedPage.Rows"/> are its own.</summary>
    public List<(ViewTable Table, int First, int Count)> Rows { get; } = [];

    /// <summary>Users' views that have no rows of it, and why.</summary>
    public List<(ViewTable Table, string Error)> ViewFailures { get; } = [];

    /// <summary>The patient it is about.</summary>
    public string? PatientId { get; set; }

    /// <summary>Parsed while the page is being prepared, gone afterwards.</summary>
    public JsonDocument? Document { get; set; }
}

/// <summary>
/// A page after everything that only computes: its rows are written out in the form that the database takes.
/// Disposing gives the rows back; the page itself may be prepared again.
/// </summary>
internal sealed class PreparedPage(IncomingPage incoming, List<PreparedResource> resources, ViewSet views) : IDisposable
{
    private readonly Dictionary<ViewTable, ViewRows> _rows = [];

    public IncomingPage Incoming { get; } = incoming;

    /// <summary>Patients that were fetched for the others come first.</summary>
    public List<PreparedResource> Resources { get; } = resources;

    /// <summary>Rows of the table <c>resources</c>.</summary>
    public RowBatch ResourceRows { get; } = new(ResourceTable.Shape);

    /// <summary>The views that rows were made for.</summary>
    public ViewSet Views { get; } = views;

    /// <summary>The rows of each normalized table.</summary>
    public IReadOnlyCollection<ViewRows> Rows => _rows.Values;

    /// <summary>What the run's caller is told: which users' views fail on resources of the page.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. Resources.SelectMany(r => r.ViewFailures).Select(f => f.Table.Name).Distinct()
            .Select(name => $"the view {name} has no rows of some resources: GET /views lists them with the reasons"),
    ];

    public ViewRows RowsOf(ViewTable table)
    {
        if (!_rows.TryGetValue(table, out var rows))
            _rows.Add(table, rows = new ViewRows(table));
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ResourceRows.Dispose();
        foreach (var rows in _rows.Values)
            rows.Dispose();
    }
}
