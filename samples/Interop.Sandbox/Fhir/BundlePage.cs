using Interop.Sandbox.Faults;

namespace Interop.Sandbox.Fhir;

/// <summary>One page of a searchset or history, put together from the resources' own bytes.</summary>
internal sealed class BundlePage(ResourceStore store, string fhirBase, FaultPlan faults)
{
    private static readonly string[] Methods = ["DELETE", "POST", "PUT"];

    public required TypeStore Rows { get; init; }

    public required ResourceVersion[] Versions { get; init; }

    public required string Self { get; init; }

    public string? Next { get; init; }

    public int? Total { get; init; }

    public bool IsHistory { get; init; }

    public bool IncludesPatients { get; init; }

    public IReadOnlyList<string> Ignored { get; init; } = [];

    public void Append(Utf8Builder text)
    {
        text.Append("{\"resourceType\":\"Bundle\",\"id\":\""u8)
            .Append(Guid.NewGuid().ToString())
            .Append("\",\"type\":\""u8)
            .Append(IsHistory ? "history" : "searchset")
            .Append("\""u8);
        if (Total is { } total)
            text.Append(",\"total\":"u8).Append(total);
        text.Append(",\"link\":[{\"relation\":\"self\",\"url\":"u8).AppendJson(Self).Append("}"u8);
        if (Next is { } next)
            text.Append(",{\"relation\":\"next\",\"url\":"u8).AppendJson(next).Append("}"u8);
        text.Append("]"u8);

        var withoutEntries = text.Length;
        text.Append(",\"entry\":["u8);
        var noEntryYet = text.Length;
        foreach (ref readonly var version in Versions.AsSpan())
        {
            if (IsHistory)
                AppendHistoryEntry(version, text);
            else
                AppendEntry(Rows, version, "match", text);
        }
        AppendIncludedPatients(text);
        if (faults.Find(FaultKind.EntryWithoutResource) is not null)
            text.Append("{\"fullUrl\":\""u8)
                .Append(fhirBase)
                .Append("/"u8)
                .Append(Rows.Type)
                .Append("/without-resource\",\"search\":{\"mode\":\"match\"}},"u8);
        if (faults.Find(FaultKind.EntryOfAnotherType) is not null)
            text.Append("{\"fullUrl\":\""u8)
                .Append(fhirBase)
                .Append(
                    "/Basic/of-another-type\",\"resource\":{\"resourceType\":\"Basic\",\"id\":\"of-another-type\",\"code\":{\"text\":\"Not what was asked for\"}},\"search\":{\"mode\":\"match\"}},"u8
                );
        if (faults.Find(FaultKind.OutcomeEntry) is not null)
            AppendOutcome(["Some of the index was not available; the result may be incomplete."], text);
        if (Ignored.Count > 0)
            AppendOutcome(Ignored, text);
        // Every entry ends with a comma, the last one too; and FHIR knows no empty array.
        if (text.Length == noEntryYet)
            text.Truncate(withoutEntries);
        else
            text.Truncate(text.Length - 1).Append("]"u8);
        text.Append("}"u8);
    }

    private void AppendIncludedPatients(Utf8Builder text)
    {
        var most =
            IncludesPatients ? int.MaxValue
            : faults.Find(FaultKind.IncludedEntries) is { } fault ? fault.Count ?? 2
            : 0;
        if (most == 0 || store.Find("Patient") is not { } patients)
            return;
        foreach (var key in Versions.Select(version => version.Patient).Distinct())
        {
            if (store.Patients.IdOf(key) is not { } id || patients.Current(patients.Find(id)) is not { IsDeleted: false } patient)
                continue;
            if (most-- == 0)
                return;
            AppendEntry(patients, patient, "include", text);
        }
    }

    private void AppendEntry(TypeStore rows, in ResourceVersion version, string mode, Utf8Builder text)
    {
        text.Append("{\"fullUrl\":\""u8).Append(fhirBase).Append("/"u8).Append(rows.Type).Append("/"u8);
        rows.AppendId(version.Resource, text);
        text.Append("\",\"resource\":"u8);
        rows.AppendText(version, text);
        text.Append(",\"search\":{\"mode\":\""u8).Append(mode).Append("\"}},"u8);
    }

    private void AppendHistoryEntry(in ResourceVersion version, Utf8Builder text)
    {
        text.Append("{\"fullUrl\":\""u8).Append(fhirBase).Append("/"u8).Append(Rows.Type).Append("/"u8);
        Rows.AppendId(version.Resource, text);
        text.Append("\""u8);
        if (!version.IsDeleted)
        {
            text.Append(",\"resource\":"u8);
            Rows.AppendText(version, text);
        }
        text.Append(",\"request\":{\"method\":\""u8)
            .Append(Methods[version.IsDeleted ? 0 : Math.Min(version.Version, 2)])
            .Append("\",\"url\":\""u8)
            .Append(Rows.Type);
        if (version.IsDeleted || version.Version > 1)
        {
            text.Append("/"u8);
            Rows.AppendId(version.Resource, text);
        }
        text.Append("\"},\"response\":{\"status\":\""u8)
            .Append(
                version.IsDeleted ? "204"
                : version.Version == 1 ? "201"
                : "200"
            )
            .Append("\",\"etag\":\"W/\\\""u8)
            .Append(version.Version)
            .Append("\\\"\",\"lastModified\":\""u8)
            .AppendInstant(version.LastUpdatedTicks, 3, 0)
            .Append("\"}},"u8);
    }

    private static void AppendOutcome(IEnumerable<string> diagnostics, Utf8Builder text)
    {
        text.Append("{\"resource\":"u8);
        OperationOutcomes.Append(text, "warning", "informational", diagnostics);
        text.Append(",\"search\":{\"mode\":\"outcome\"}},"u8);
    }
}
