using System.Text;
using Interop.Fhir.Client;

namespace Interop.Fhir.Tests.Client;

public sealed class ResourceHeaderTests
{
    [Theory]
    [InlineData("2026-01-10T12:00:00Z", 0L)]
    [InlineData("2026-01-10T12:00:00.5Z", 5_000_000L)]
    [InlineData("2026-01-10T13:30:00.1234567+01:30", 1_234_567L)]
    [InlineData("2026-01-10T07:00:00.000-05:00", 0L)]
    [InlineData("2026-01-10T12:00:00.123456789Z", 1_234_567L)]
    [InlineData("2026-01-10T12:00:00.99999999999999999999+00:00", 9_999_999L)]
    public void An_instant_is_read_to_100_ns_and_never_rounded_up(string text, long ticksAfterNoon) =>
        Assert.Equal(new DateTimeOffset(2026, 1, 10, 12, 0, 0, TimeSpan.Zero).AddTicks(ticksAfterNoon), ResourceHeader.ParseInstant(text));

    [Theory]
    [InlineData("")]
    [InlineData("Z")]
    [InlineData("yesterday")]
    [InlineData("2026-01-10")]
    [InlineData("2026-01-10T12:00:00")]
    [InlineData("2026-13-45T12:00:00Z")]
    [InlineData("9999-99-99T99:99:99Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    public void A_text_that_is_not_an_instant_counts_as_absent(string text) => Assert.Null(ResourceHeader.ParseInstant(text));

    [Theory]
    [InlineData("""{"resourceType":"Patient","id":"a","meta":{"versionId":"1"}}""", "Patient", "a", "1")]
    [InlineData("""{"meta":{"lastUpdated":5,"versionId":{}},"id":[],"resourceType":null}""", null, null, null)]
    [InlineData("""{"meta":"x","id":7}""", null, null, null)]
    [InlineData("""{"contained":[{"id":"inner","meta":{"versionId":"9"}}],"id":"outer"}""", null, "outer", null)]
    [InlineData("""{"id":"\ud800"}""", null, null, null)]
    [InlineData("{}", null, null, null)]
    public void Only_members_of_the_right_type_are_there(string json, string? type, string? id, string? version)
    {
        var header = ResourceHeader.Read(Encoding.UTF8.GetBytes(json));

        Assert.Equal((type, id, version), (header.ResourceType, header.Id, header.VersionId));
    }
}
