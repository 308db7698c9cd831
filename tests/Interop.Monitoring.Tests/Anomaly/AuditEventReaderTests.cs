using System.Text;
using Interop.Anomaly;
using Interop.Anomaly.Events;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class AuditEventReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_BALP_read_names_the_user_and_the_patient()
    {
        var e = Read(
            """
            {"resourceType":"AuditEvent","id":"ae-1","meta":{"versionId":"1","lastUpdated":"2026-03-02T11:59:59Z"},
            "type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},
            "subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"read"}],"action":"R","recorded":"2026-03-02T11:59:58Z","outcome":"0",
            "agent":[{"type":{"coding":[{"code":"110150"}]},"who":{"reference":"Device/ehr"},"requestor":false,"network":{"address":"10.1.1.1"}},
            {"who":{"reference":"https://fhir.example.org/Practitioner/prac-1"},"altId":"jdoe","requestor":true,"network":{"address":"10.1.1.2","type":"2"},
            "purposeOfUse":[{"coding":[{"code":"TREAT"}]}]}],
            "source":{"site":"Ward 1","observer":{"reference":"Device/ehr"}},
            "entity":[{"what":{"reference":"Observation/o1"},"type":{"code":"2"},"role":{"code":"4"}},{"what":{"reference":"Patient/p1"},"type":{"code":"1"},"role":{"code":"1"}}]}
            """
        );

        Assert.Equal(
            (
                "ae-1",
                "Practitioner/prac-1",
                "jdoe",
                "Patient/p1",
                AccessKind.Read,
                "10.1.1.2",
                "Observation",
                "TREAT",
                "Ward 1",
                AccessFlags.None
            ),
            (e.Id, e.Agent, e.AgentLogin, e.Patient, e.Kind, e.Address, e.ResourceType, e.Purpose, e.Site, e.Flags)
        );
        Assert.Equal(Now.AddSeconds(-2), e.Time);
    }

    [Theory]
    [InlineData("110122", "0", AccessKind.Login)]
    [InlineData("110122", "4", AccessKind.FailedLogin)]
    [InlineData("110123", "0", AccessKind.Logout)]
    public void Logins_and_failed_logins_are_distinguished(string subtype, string outcome, AccessKind kind)
    {
        var e = Read(
            $$"""{"resourceType":"AuditEvent","id":"l","type":{"code":"110114"},"subtype":[{"code":"{{subtype}}"}],"outcome":"{{outcome}}","recorded":"2026-03-02T11:00:00Z","agent":[{"altId":"jdoe","requestor":true}]}"""
        );

        Assert.Equal((kind, "jdoe"), (e.Kind, e.Agent));
    }

    [Fact]
    public void Break_glass_and_the_size_of_an_export_are_read()
    {
        var glass = Read(
            """{"resourceType":"AuditEvent","agent":[{"who":{"reference":"Practitioner/a"}}],"purposeOfEvent":[{"coding":[{"code":"BTG"}]}]}"""
        );
        var export = Read(
            """{"resourceType":"AuditEvent","type":{"code":"110106"},"agent":[{"who":{"reference":"Practitioner/a"}}],"entity":[{"detail":[{"type":"count","valueString":"4200"}]}]}"""
        );

        Assert.True(glass.BreakGlass);
        Assert.Equal((AccessKind.Export, 4_200L), (export.Kind, export.Records));
    }

    [Theory]
    [InlineData("""{"resourceType":"AuditEvent","recorded":"2026-03-02T11:00:00Z"}""", AccessFlags.NoAgent)]
    [InlineData("""{"resourceType":"AuditEvent","agent":[{"altId":"a"}]}""", AccessFlags.NoRecorded)]
    [InlineData(
        """{"resourceType":"AuditEvent","agent":[{"altId":"a"}],"recorded":"2031-01-01T00:00:00Z"}""",
        AccessFlags.RecordedInFuture
    )]
    [InlineData("""{"resourceType":"AuditEvent","agent":[{"altId":"a"}],"recorded":"1926-01-01T00:00:00Z"}""", AccessFlags.RecordedLongAgo)]
    [InlineData(
        """{"resourceType":"AuditEvent","agent":[{"altId":"a","network":{"address":"ws-12.example.org"}}],"recorded":"2026-03-02T11:00:00Z"}""",
        AccessFlags.HostNameAsAddress
    )]
    [InlineData(
        """{"resourceType":"AuditEvent","code":{"coding":[{"code":"read"}]},"agent":[{"who":{"reference":"Practitioner/a"}}],"recorded":"2026-03-02T11:00:00Z"}""",
        AccessFlags.R5Shape
    )]
    [InlineData("""{"resourceType":"Patient","agent":[{"altId":"a"}],"recorded":"2026-03-02T11:00:00Z"}""", AccessFlags.OtherResource)]
    [InlineData(
        """{"resourceType":"AuditEvent","agent":"a","recorded":"2026-03-02T11:00:00Z"}""",
        AccessFlags.WrongTypes | AccessFlags.NoAgent
    )]
    public void Faults_of_an_event_are_flagged_and_the_server_time_replaces_a_bad_time(string json, AccessFlags flags)
    {
        var e = Read(json);

        Assert.Equal(flags, e.Flags);
        Assert.InRange(e.Time, Now.AddHours(-1), Now);
    }

    [Fact]
    public void An_event_with_ten_thousand_entities_is_read_and_flagged()
    {
        var entities = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"what":{"reference":"Patient/p{{i}}" } }"""));

        var e = Read(
            $$"""{"resourceType":"AuditEvent","agent":[{"altId":"a"}],"recorded":"2026-03-02T11:00:00Z","entity":[{{entities}}]}"""
        );

        Assert.Equal((10_000, AccessFlags.ManyEntities, "Patient/p0"), (e.Entities, e.Flags, e.Patient));
    }

    [Fact]
    public void No_mutation_of_an_event_makes_the_reader_fail()
    {
        const string Sound =
            """{"resourceType":"AuditEvent","id":"x","meta":{"lastUpdated":"2026-03-02T11:00:00Z"},"type":{"code":"rest"},"subtype":[{"code":"read"}],"outcome":"0","recorded":"2026-03-02T11:00:00Z","agent":[{"who":{"reference":"Practitioner/a"},"network":{"address":"10.0.0.1"},"requestor":true}],"source":{"observer":{"reference":"Device/d"}},"entity":[{"what":{"reference":"Patient/p"},"detail":[{"type":"count","valueString":"3"}]}]}""";
        var random = new Random(7);
        var values = new[] { "null", "1", "\"\"", "[]", "{}", "[null]", "[[]]", "true", "\"\\ud800\"", "{\"reference\":1}" };
        var tokens = System.Text.RegularExpressions.Regex.Matches(Sound, "(?<=:)(\"[^\"]*\"|true|\\[[^\\]]*\\]|\\{[^{}]*\\})").ToList();
        for (var i = 0; i < 3_000; i++)
        {
            var token = tokens[random.Next(tokens.Count)];
            var json = Sound[..token.Index] + values[random.Next(values.Length)] + Sound[(token.Index + token.Length)..];
            if (IsJson(json))
                Assert.NotNull(Read(json));
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var _ = System.Text.Json.JsonDocument.Parse(text);
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    internal static AccessEvent Read(string json) => AuditEventReader.Read(Encoding.UTF8.GetBytes(json), Now);
}
