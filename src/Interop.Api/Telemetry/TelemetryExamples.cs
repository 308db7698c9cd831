namespace Interop.Api.Telemetry;

/// <summary>Requests and answers of the telemetry endpoints, for /openapi.json.</summary>
internal static class TelemetryExamples
{
    public const string FlatEvent = """
        {"eventId":"e-1","eventType":"pd.request.completed","timestampUtc":"2026-02-16T11:03:01Z","source":"mirth","protocol":"XCPD",
         "interactionId":"ITI-55","organization":"north","qhin":"qhin-1","environment":"prod","status":"success","durationMs":420,"resultCount":1,
         "correlationId":"c-1"}
        """;

    public const string NestedEvent = """
        {"eventId":"e-2","eventType":"pd.request.completed","timestamp":"2026-02-16T11:03:01Z",
         "source":{"system":"mirth","channelId":"pd-out","environment":"prod"},"correlation":{"requestId":"c-2","messageId":"m-7"},
         "execution":{"durationMs":420},"outcome":{"status":"success","resultCount":1},"protocol":{"standard":"IHE","interactionId":"ITI-55"}}
        """;

    public const string Accepted = """{"accepted":true}""";

    public const string Events = """
        [{"eventId":"e-1","eventType":"pd.request.completed","timestampUtc":"2026-02-16T11:03:01Z","source":"mirth","status":"success",
          "durationMs":420,"resultCount":1,"correlationId":"c-1"}]
        """;

    public const string Executions = """
        [{"executionId":"c-1","startedAt":"2026-02-16T11:03:00.58Z","completedAt":"2026-02-16T11:03:01Z","durationMs":420,"status":"success","requestCount":1}]
        """;

    public const string Summary = """
        {"totalExecutions":120,"successCount":117,"failureCount":3,"averageDurationMs":431,"p50DurationMs":402,"p95DurationMs":911,
         "byOrganization":[{"name":"north","totalExecutions":120,"successCount":117,"failureCount":3,"averageDurationMs":431}],"byQhin":[]}
        """;

    public const string Materialized = """{"materialized":120,"skipped":0,"skippedEvents":[]}""";
}
