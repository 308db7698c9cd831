using Interop.Patients;

namespace Interop.Dashboard.Pages.Patients;

/// <summary>A patient's name as pages show it. It is never in a title.</summary>
internal static class PatientName
{
    /// <summary>Family name, given names.</summary>
    public static string Of(PatientSummary patient) =>
        string.Join(", ", new[] { patient.Family, patient.Given }.OfType<string>()) is { Length: > 0 } name ? name : "No name";
}
