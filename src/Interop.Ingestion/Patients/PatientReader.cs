using System.Collections.Immutable;
using System.Text.Json;
using Interop.Ingestion.Runs;
using Interop.Ingestion.Views;
using Interop.Patients;
using Interop.Storage;

namespace Interop.Ingestion.Patients;

/// <summary>Finds patients, and reads their stored resources in the order of time.</summary>
internal sealed class PatientReader(Database database, ViewCatalog catalog)
{
    private const int MaxWords = 5;
    private const string Family = "family";
    private const string Given = "given";

    /// <summary>Patients with this id, or with names that begin with the words of the text.</summary>
    public async Task<ImmutableArray<PatientSummary>> SearchAsync(string text, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MaxWords).ToList();
        if (!words.Exists(word => word.Any(char.IsLetterOrDigit)) || text.Contains('\0', StringComparison.Ordinal))
            return [];
        var table = (await catalog.RefreshAsync(cancellationToken)).RowsOf("Patient");
        var hasNames = table is not null && table.Columns.Count(c => c.Name is Family or Given && c.Type == ColumnType.Text) == 2;
        var rows = await database.ReadAsync(
            async (session, token) =>
            {
                var id = text.Trim();
                var sources = await RunStore.SourcesAsync(session, token);
                var byId = await PatientStore.FindAsync(session, sources, WithoutType(id), token);
                return byId.Count > 0 || !hasNames ? byId : await PatientStore.SearchAsync(session, table!.Shape, words, limit, token);
            },
            cancellationToken
        );
        return [.. rows.Take(limit).Select(Summary)];
    }

    /// <summary>One patient; null when the Patient resource is not stored.</summary>
    public async Task<PatientSummary?> FindAsync(PatientKey patient, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patient);
        var rows = await database.ReadAsync(
            (session, token) => PatientStore.FindAsync(session, [patient.Source], patient.Id, token),
            cancellationToken
        );
        return rows.Count == 0 ? null : Summary(rows[0]);
    }

    /// <summary>How many resources of each type the patient has.</summary>
    public async Task<ImmutableArray<ResourceTypeCount>> CountAsync(PatientKey patient, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patient);
        if (await TablesAsync(null, cancellationToken) is not { Count: > 0 } tables)
            return [];
        var counts = await database.ReadAsync(
            (session, token) => PatientResourceStore.CountAsync(session, tables, patient.Source, patient.Id, token),
            cancellationToken
        );
        return
        [
            .. counts
                .Where(count => count.Count > 0)
                .OrderBy(count => count.ResourceType, StringComparer.Ordinal)
                .Select(count => new ResourceTypeCount(count.ResourceType, count.Count)),
        ];
    }

    /// <summary>The patient's resources, the newest first.</summary>
    public async Task<PatientResourcePage> ListAsync(
        PatientKey patient,
        string? resourceType,
        int limit,
        PatientResourcePosition? after,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(patient);
        if (await TablesAsync(resourceType, cancellationToken) is not { Count: > 0 } tables)
            return new PatientResourcePage([], null);
        var rows = await database.ReadAsync(
            (session, token) => PatientResourceStore.ListAsync(session, tables, patient.Source, patient.Id, after, limit, token),
            cancellationToken
        );
        var next = rows.Count < limit ? null : new PatientResourcePosition(rows[^1].HappenedAt, rows[^1].ResourceType, rows[^1].Id);
        return new PatientResourcePage([.. rows.Where(row => row.Raw is not null).Select(Resource)], next);
    }

    /// <summary>One table for each resource type that has a view with the patient of each resource.</summary>
    private async Task<List<ViewTable>> TablesAsync(string? resourceType, CancellationToken cancellationToken)
    {
        var views = await catalog.RefreshAsync(cancellationToken);
        return
        [
            .. views
                .Views.Select(view => view.Active?.ResourceType)
                .OfType<string>()
                .Where(type => type != "AuditEvent" && (resourceType is null || type == resourceType))
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(views.RowsOf)
                .OfType<ViewTable>()
                .Where(table => table.Columns.Any(c => c.Name == ViewTable.PatientId && c.Type == ColumnType.Text)),
        ];
    }

    private static string WithoutType(string id) => id.StartsWith("Patient/", StringComparison.Ordinal) ? id["Patient/".Length..] : id;

    private static PatientSummary Summary(PatientStore.Row row)
    {
        using var document = JsonDocument.Parse(row.Raw, ResourceText.Deep);
        return ResourceText.Patient(new PatientKey(row.Source, row.ResourceId), document.RootElement);
    }

    private static PatientResource Resource(PatientResourceStore.Row row)
    {
        using var document = JsonDocument.Parse(row.Raw!, ResourceText.Deep);
        var resource = document.RootElement;
        return new PatientResource(
            row.ResourceType,
            row.Id,
            row.HappenedAt == PatientResourceStore.NoDate ? null : row.HappenedAt,
            row.HappenedOn,
            ResourceText.About(resource),
            ResourceText.Value(resource),
            ResourceText.Status(resource),
            new JsonText(row.Raw!)
        );
    }
}
