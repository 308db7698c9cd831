namespace Interop.Sandbox.Hospital;

/// <summary>The ids of the hospital's resources by number.</summary>
internal static class HospitalIds
{
    public static string Patient(int number) => $"pat-{number + 1}";

    public static string Practitioner(int agent) => $"prac-{agent + 1}";

    public static string Encounter(int visit) => $"enc-{visit + 1}";
}
