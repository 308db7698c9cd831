using Interop.Ingestion.Resources;

namespace Interop.Grains.Tests.Ingestion;

public sealed class VersionRuleTests
{
    [Theory]
    // incoming version, instant, content; stored version, instant, content
    [InlineData("1", 10L, "a", "1", 10L, "a", nameof(VersionOrder.Same))]
    [InlineData("2", 20L, "a", "1", 10L, "a", nameof(VersionOrder.Same))]
    [InlineData("1", 10L, "b", "1", 10L, "a", nameof(VersionOrder.Same))]
    [InlineData("1", null, "b", "1", null, "a", nameof(VersionOrder.Same))]
    [InlineData("1", 11L, "b", "1", 10L, "a", nameof(VersionOrder.Newer))]
    [InlineData("1", 9L, "b", "1", 10L, "a", nameof(VersionOrder.Older))]
    [InlineData("10", 1L, "b", "9", 10L, "a", nameof(VersionOrder.Newer))]
    [InlineData("9", 10L, "b", "10", 1L, "a", nameof(VersionOrder.Older))]
    [InlineData("9", null, "b", "10", null, "a", nameof(VersionOrder.Older))]
    [InlineData("01", 11L, "b", "1", 10L, "a", nameof(VersionOrder.Newer))]
    [InlineData("b", 11L, "b", "a", 10L, "a", nameof(VersionOrder.Newer))]
    [InlineData("b", 9L, "b", "a", 10L, "a", nameof(VersionOrder.Older))]
    [InlineData("b", 10L, "b", "a", 10L, "a", nameof(VersionOrder.Tied))]
    [InlineData("2", 10L, "b", "a", 10L, "a", nameof(VersionOrder.Tied))]
    [InlineData(null, 10L, "b", null, 10L, "a", nameof(VersionOrder.Tied))]
    [InlineData("b", null, "b", "a", 10L, "a", nameof(VersionOrder.Unordered))]
    [InlineData(null, null, "b", null, null, "a", nameof(VersionOrder.Unordered))]
    [InlineData("99999999999999999999", 11L, "b", "1", 10L, "a", nameof(VersionOrder.Newer))]
    public void Versions_compare_by_number_else_by_instant(
        string? version,
        long? ticks,
        string content,
        string? storedVersion,
        long? storedTicks,
        string storedContent,
        string expected
    ) =>
        Assert.Equal(
            expected,
            VersionRule
                .Compare(new ResourceVersion(version, ticks, content), new ResourceVersion(storedVersion, storedTicks, storedContent))
                .ToString()
        );

    [Fact]
    public void A_version_is_recognised_by_its_id_else_by_its_content()
    {
        Assert.Equal("7", new ResourceVersion("7", 1, "abc").Key);
        Assert.Equal("#abc", new ResourceVersion(null, 1, "abc").Key);
    }
}
