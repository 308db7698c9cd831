using System.Security.Cryptography;
using System.Text;

namespace Interop.Discovery;

/// <summary>What stands for a patient in the database: neither a name nor a date of birth is kept.</summary>
internal static class PatientKey
{
    /// <summary>The same for names that differ in case or in blanks only.</summary>
    public static string Of(Demographics patient) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"interop patient\n{Plain(patient.LastName)}\n{Plain(patient.FirstName)}\n{patient.Dob}")));

    private static string Plain(string name) =>
        string.Join(' ', name.Normalize().ToUpperInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
