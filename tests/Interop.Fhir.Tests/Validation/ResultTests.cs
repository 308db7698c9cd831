using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

public class ResultTests
{
    [Fact]
    public void The_result_tells_what_the_resource_is()
    {
        var result = Expect.Validate(
            "{'resourceType':'Patient','id':'p1','meta':{'versionId':'7','lastUpdated':'2024-01-01T00:00:00.1234567+02:00'}}"
        );

        Assert.Equal(("Patient", "p1", "7"), (result.ResourceType, result.Id, result.VersionId));
        Assert.Equal(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)).AddTicks(1_234_567), result.LastUpdated);
        Assert.False(result.HasErrors);
    }

    [Theory]
    [InlineData("2024-01-01T00:00:00.12345678Z", "2024-01-01T00:00:00.1234567+00:00")]
    [InlineData("2024-06-30T23:59:60Z", "2024-07-01T00:00:00.0000000+00:00")]
    [InlineData("2024-01-01T12:00:00.5-14:00", "2024-01-01T12:00:00.5000000-14:00")]
    [InlineData("2024-13-01T00:00:00Z", null)]
    [InlineData("2024-01-01", null)]
    [InlineData("0001-01-01T00:00:00+14:00", null)]
    [InlineData("9999-12-31T23:59:60Z", null)]
    public void Last_updated_is_kept_to_100_ns(string text, string? expected) =>
        Assert.Equal(
            expected,
            Expect.Validate($"{{'resourceType':'Patient','meta':{{'lastUpdated':'{text}'}}}}").LastUpdated?.ToString("O")
        );

    [Fact]
    public void Only_the_roots_facts_are_reported()
    {
        var result = Expect.Validate(
            "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient','id':'inner','meta':{'versionId':'9'}}}],'id':'outer'}"
        );
        Assert.Equal(("Bundle", "outer", null), (result.ResourceType, result.Id, result.VersionId));
    }

    [Theory]
    [InlineData("{'resourceType':'Patient','id':'a b'}", "a b")]
    [InlineData("{'resourceType':'Patient','id':'p1','foo':1}", "p1")]
    [InlineData("{'resourceType':'Patient','id':'p1','name':[", "p1")]
    [InlineData("{'resourceType':'Patient','id':'p1','id':'p2'}", "p1")]
    [InlineData("{'resourceType':'Patient','id':7}", null)]
    [InlineData("{'resourceType':'Patient','id':['p1']}", null)]
    public void Facts_are_read_as_far_as_possible(string json, string? id)
    {
        var result = Expect.Validate(json);
        Assert.True(result.HasErrors);
        Assert.Equal(("Patient", id), (result.ResourceType, result.Id));
    }

    [Fact]
    public void A_result_can_be_written_as_an_OperationOutcome()
    {
        foreach (var resource in new[] { "{'resourceType':'Patient','foo':1,'name':[{'use':'x'}]}", "{'resourceType':'Patient'}", "{" })
        {
            var outcome = Expect.Validate(resource).ToOperationOutcome();
            Assert.Empty(ResourceValidator.Default.Validate(outcome).Issues);
        }
        Assert.Contains(
            "\"expression\":[\"Patient.foo\"]",
            System.Text.Encoding.UTF8.GetString(Expect.Validate("{'resourceType':'Patient','foo':1}").ToOperationOutcome()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Full_level_adds_what_the_checker_finds()
    {
        var validator = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = new OneInvariant() }
        );

        var result = validator.Validate(Expect.Utf8("{'resourceType':'Patient','foo':1}"));

        Assert.Equal(["structure at Patient.foo", "invariant at Patient"], result.Issues.Select(i => $"{i.Code} at {i.Location}"));
        Assert.Single(validator.Validate("{"u8).Issues);
    }

    [Fact]
    public void Full_level_without_a_checker_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            new ResourceValidator(R4Schema.Default, new ValidationOptions { Level = ValidationLevel.Full })
        );

    private sealed class OneInvariant : IInvariantChecker
    {
        // It validates on the same thread as well, which must not disturb the outer validation.
        public void Check(
            ReadOnlySpan<byte> utf8,
            TypeDefinition resourceType,
            ICollection<ValidationIssue> issues,
            CancellationToken cancellationToken
        )
        {
            Assert.True(ResourceValidator.Default.Validate(utf8, cancellationToken).HasErrors);
            issues.Add(new ValidationIssue(IssueSeverity.Error, IssueCode.Invariant, resourceType.Name, "x-1: no"));
        }
    }
}
