using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>The ids that resources point to.</summary>
internal static class SyntheticReferences
{
    public static void AppendPatientId(SyntheticType type, SyntheticPatients patients, int number, int patient, Utf8Builder text)
    {
        if (type.IsPatientMissing(number))
            text.Append("gone-"u8).Append(patient + 1L);
        else
            patients.AppendId(patient, text);
    }
}
