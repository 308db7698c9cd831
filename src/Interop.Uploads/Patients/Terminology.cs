using Interop.Uploads.Csv;

namespace Interop.Uploads.Patients;

/// <summary>A coded term.</summary>
/// <param name="IsObservation">Whether it becomes an Observation instead of a Condition.</param>
internal sealed record CodedTerm(string System, string Code, string Display, bool IsObservation = false);

/// <summary>Finds the code of a term. Case and accents do not matter.</summary>
internal interface ITerminology
{
    /// <summary>Null: the term is unknown.</summary>
    /// <exception cref="TerminologyUnavailableException">The terminology server did not answer; a later call may succeed.</exception>
    ValueTask<CodedTerm?> FindAsync(string term, CancellationToken cancellationToken);
}

/// <summary>The terminology server did not answer. The message holds no data.</summary>
internal sealed class TerminologyUnavailableException(string message) : Exception(message);

/// <summary>The built-in table (SNOMED CT).</summary>
internal sealed class BuiltInTerminology : ITerminology
{
    private const string Snomed = "http://snomed.info/sct";
    private static readonly CodedTerm Diabetes = new(Snomed, "44054006", "Diabetes mellitus type 2");
    private static readonly CodedTerm Hypertension = new(Snomed, "38341003", "Hypertensive disorder");
    private static readonly CodedTerm Pregnancy = new(Snomed, "77386006", "Pregnancy", IsObservation: true);

    private static readonly Dictionary<string, CodedTerm> Terms = new Dictionary<string, CodedTerm>
    {
        ["Diabético"] = Diabetes,
        ["Diabética"] = Diabetes,
        ["Diabetic"] = Diabetes,
        ["Hipertenso"] = Hypertension,
        ["Hipertensa"] = Hypertension,
        ["Hypertensive"] = Hypertension,
        ["Gestante"] = Pregnancy,
        ["Pregnant"] = Pregnancy,
    }.ToDictionary(pair => ColumnName.Fold(pair.Key), pair => pair.Value, StringComparer.Ordinal);

    /// <summary>Whether a code becomes an Observation.</summary>
    public static bool IsObservation(string system, string code) =>
        Terms.Values.Any(term => term.IsObservation && term.System == system && term.Code == code);

    public ValueTask<CodedTerm?> FindAsync(string term, CancellationToken cancellationToken) =>
        new(Terms.GetValueOrDefault(ColumnName.Fold(term)));
}
