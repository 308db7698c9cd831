namespace Interop.Api.Discovery;

/// <summary>Requests and answers of the discovery endpoints, for /openapi.json.</summary>
internal static class DiscoveryExamples
{
    public const string Request = """{"request_id":"r-1","demographics":{"firstName":"Ada","lastName":"Example","dob":"1970-01-31"}}""";

    public const string Submitted = """{"status":"submitted","correlation_id":"5b0c1c9e-3c5e-4f0e-9a55-0e6f6f6c2d1a"}""";

    public const string Timeline = """
        {"patient":{"firstName":"Ada","lastName":"Example","dob":"1970-01-31"},
         "events":[{"timestamp":"2026-02-16T11:03:01Z","type":"PD_SEARCH_REQUEST","status":"submitted","details":{}}]}
        """;
}
