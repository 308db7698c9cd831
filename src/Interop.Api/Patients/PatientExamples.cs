namespace Interop.Api.Patients;

/// <summary>Examples of <c>/openapi.json</c>.</summary>
internal static class PatientExamples
{
    public const string Resources = """
        {"resources":[{"resource_type":"Observation","id":"obs-1","at":"2026-03-02T08:15:00Z","date":"2026-03-02T09:15:00+01:00","text":"Heart rate",
        "value":"72 /min","status":"final","raw":{"resourceType":"Observation","id":"obs-1"} }],"next":null}
        """;
}
