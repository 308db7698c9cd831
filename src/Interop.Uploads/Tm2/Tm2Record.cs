using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Interop.Uploads.Tm2;

/// <summary>A checked record of ICD-11 Traditional Medicine Module 2.</summary>
internal sealed record Tm2Record(
    string PatientId,
    string Code,
    string ConditionName,
    string SystemType,
    string Severity,
    DateOnly DiagnosisDate,
    string PractitionerId
)
{
    /// <summary>Identifies the record over all files: patient, code and date.</summary>
    public string Hash =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes($"{PatientId}|{Code}|{DiagnosisDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}")
            )
        );
}
