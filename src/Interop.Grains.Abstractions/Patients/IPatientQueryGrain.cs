using System.Collections.Immutable;

namespace Interop.Patients;

/// <summary>Reads patients and their stored resources. Callers audit what they show before they show it.</summary>
[Alias("Interop.IPatientQueryGrain")]
public interface IPatientQueryGrain : IQueryGrain
{
    /// <summary>
    /// Patients with exactly this id, or whose family or given name begins with each word of the text, upper and lower case alike; in the
    /// order of their names. A text without a letter or digit finds none.
    /// </summary>
    /// <param name="text">An id, or one or more words of a name.</param>
    /// <param name="limit">1 to 100.</param>
    [Alias("Search")]
    Task<ImmutableArray<PatientSummary>> Search(string text, int limit);

    /// <summary>One patient; null when the Patient resource is not stored.</summary>
    [Alias("Find")]
    Task<PatientSummary?> Find(PatientKey patient);

    /// <summary>How many resources of each type the patient has; types without one are left out.</summary>
    [Alias("CountResources")]
    Task<ImmutableArray<ResourceTypeCount>> CountResources(PatientKey patient);

    /// <summary>
    /// The patient's resources, the newest first, those without a date last. Only types that have a view with the column
    /// <c>patient_id</c> and one row for each resource; AuditEvents are left out, because the report of accesses shows them.
    /// </summary>
    /// <param name="patient">The patient.</param>
    /// <param name="resourceType">Only this type; null: all.</param>
    /// <param name="limit">1 to 500.</param>
    /// <param name="after">The <see cref="PatientResourcePage.Next"/> of the page before; null: the first page.</param>
    [Alias("ListResources")]
    Task<PatientResourcePage> ListResources(PatientKey patient, string? resourceType, int limit, PatientResourcePosition? after);
}

/// <summary>A patient of a source: ids are unique within a source only.</summary>
/// <param name="Source">The name of the FHIR server in the settings.</param>
/// <param name="Id">The id of the Patient resource.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientKey")]
public sealed record PatientKey(string Source, string Id);

/// <summary>What tells one patient from another.</summary>
/// <param name="Key">The patient.</param>
/// <param name="Family">The family name: of the official name, else of the first; null: none is given.</param>
/// <param name="Given">The given names, separated by spaces.</param>
/// <param name="Gender">The administrative gender, as FHIR has it.</param>
/// <param name="BirthDate">As FHIR has it: it may be a year, or a year and a month.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientSummary")]
public sealed record PatientSummary(PatientKey Key, string? Family, string? Given, string? Gender, string? BirthDate);

/// <summary>How many resources of a type there are.</summary>
[GenerateSerializer, Immutable, Alias("Interop.ResourceTypeCount")]
public sealed record ResourceTypeCount(string ResourceType, long Count);

/// <summary>A page of a patient's resources.</summary>
/// <param name="Next">The position behind the last of them; null: there are no more.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientResourcePage")]
public sealed record PatientResourcePage(ImmutableArray<PatientResource> Resources, PatientResourcePosition? Next);

/// <summary>A position in the list of a patient's resources: behind this resource.</summary>
/// <param name="At">Its place in time; in the year 1 when it has no date.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientResourcePosition")]
public sealed record PatientResourcePosition(DateTimeOffset At, string ResourceType, string Id);

/// <summary>A stored resource of a patient.</summary>
/// <param name="At">The first instant of its first date (onset, start, effective time); null: it has none.</param>
/// <param name="Date">That date as the server sent it; it may be partial.</param>
/// <param name="Text">What it is about in words, such as the display of its code; null: it does not say.</param>
/// <param name="Value">A measured value with its unit; null: it has none.</param>
/// <param name="Status">The resource's status.</param>
/// <param name="Raw">The resource as received.</param>
[GenerateSerializer, Immutable, Alias("Interop.PatientResource")]
public sealed record PatientResource(
    string ResourceType,
    string Id,
    DateTimeOffset? At,
    string? Date,
    string? Text,
    string? Value,
    string? Status,
    JsonText Raw
);
