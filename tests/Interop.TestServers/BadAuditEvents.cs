namespace Interop.TestServers;

/// <summary>AuditEvents that differ from a sound one in one way each.</summary>
public static class BadAuditEvents
{
    private const string Sound = """
        {"resourceType":"AuditEvent","id":"@id","meta":{"versionId":"1","lastUpdated":"2026-03-02T12:00:00Z"},"type":{"code":"rest"},
        "subtype":[{"code":"read"}],"action":"R","recorded":"2026-03-02T12:00:00Z","outcome":"0",
        "agent":[{"who":{"reference":"Practitioner/a"},"requestor":true,"network":{"address":"10.0.0.1"}}],
        "source":{"observer":{"reference":"Device/ehr"}},"entity":[{"what":{"reference":"Patient/p"}}]}
        """;

    private static readonly Dictionary<string, string> Bad = new()
    {
        ["no-agent"] = Change("\"agent\":", "\"agentless\":"),
        ["no-recorded"] = Change("\"recorded\":", "\"unrecorded\":"),
        ["future"] = Change("\"recorded\":\"2026", "\"recorded\":\"2126"),
        ["past-century"] = Change("\"recorded\":\"2026", "\"recorded\":\"1926"),
        ["entities"] = Change(
            "\"entity\":[",
            $"\"entity\":[{string.Concat(Enumerable.Range(0, 10_000).Select(i => $$"""{"what":{"reference":"Observation/{{i}}"} },"""))}"
        ),
        ["host-name"] = Change("10.0.0.1", "ws-12.example.org"),
        ["r5"] = Change("\"type\":{\"code\":\"rest\"}", "\"code\":{\"coding\":[{\"code\":\"read\"}]}"),
        ["other"] = Change("\"AuditEvent\"", "\"Provenance\""),
        ["types"] = Change("\"entity\":[", "\"entity\":7,\"entities\":["),
        ["nul"] = Change("Device/ehr", "Device/\\u0000ehr"),
        ["surrogate"] = Change("Device/ehr", "Device/\\ud800"),
        ["long-login"] = Change("Practitioner/a", "Practitioner/" + new string('x', 5_000)),
        ["number"] = Change("\"outcome\":\"0\"", "\"outcome\":\"0\",\"x\":1e999999"),
        ["deep"] = Change("\"outcome\":\"0\"", $"\"outcome\":\"0\",\"x\":{new string('[', 20_000)}{new string(']', 20_000)}"),
    };

    /// <summary>What is bad, such as <c>no-agent</c>. Of the kind <c>deep</c> not even the id can be read.</summary>
    public static IReadOnlyCollection<string> Kinds => Bad.Keys;

    /// <summary>An event of a kind.</summary>
    public static string Of(string kind, string id) => Bad[kind].Replace("@id", id, StringComparison.Ordinal);

    private static string Change(string from, string to)
    {
        if (!Sound.Contains(from, StringComparison.Ordinal))
            throw new ArgumentException($"the sound event has no {from}", nameof(from));
        return Sound.Replace(from, to, StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }
}
