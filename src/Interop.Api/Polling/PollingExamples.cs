namespace Interop.Api.Polling;

/// <summary>Answers of the polling endpoints, for /openapi.json.</summary>
internal static class PollingExamples
{
    public const string Poller =
        """{"source":"default","enabled":true,"type":"AuditEvent","interval":30,"batch":100,"since":null,"watermark":"2026-03-02T23:14:06Z","lag":4.2,"last_poll":"2026-03-02T23:14:10Z","events":48211,"failures":0,"last_error":null}""";

    public const string Pollers = $"[{Poller}]";

    public const string Polled = """{"stored":12,"known":3,"pages":1}""";
}
