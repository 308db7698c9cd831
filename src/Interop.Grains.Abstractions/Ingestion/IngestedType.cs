namespace Interop.Ingestion;

/// <summary>How callers name a resource type, and what a run of it does about missing patients: the same on the command line and over
/// HTTP.</summary>
public static class IngestedType
{
    /// <summary>The R4 type of a name such as <c>patients</c>; any other name is returned as it is.</summary>
    public static string Parse(string name) =>
        name switch
        {
            "patients" => "Patient",
            "observations" => "Observation",
            "encounters" => "Encounter",
            "conditions" => "Condition",
            _ => name,
        };

    /// <summary>What a run does about patients that its resources name and that are not stored.</summary>
    public static MissingPatients MissingPatientsOf(string resourceType) =>
        resourceType switch
        {
            "Observation" => MissingPatients.DeadLetter,
            "Encounter" or "Condition" => MissingPatients.Fetch,
            _ => MissingPatients.Ignore,
        };
}
