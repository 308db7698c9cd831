using System.Text;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>Input that is not a resource, or is too large or too deep: one issue with its location, and no exception.</summary>
public class UnreadableInputTests
{
    [Theory]
    [InlineData("", "line 1, byte 1")]
    [InlineData("  ", "line 1, byte 3")]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("{'resourceType':'Patient',}", "line 1, byte 27")]
    [InlineData("{'resourceType':'Patient'} x", "line 1, byte 28")]
    [InlineData("{'resourceType':'Patient'}{}", "line 1, byte 27")]
    [InlineData("{'resourceType':'Patient',\n'active':tru}", "line 2, byte 13")]
    [InlineData("{'resourceType':'Patient','active':true", "line 1, byte 40")]
    [InlineData("{'resourceType':'Patient' 'active':true}", "line 1, byte 27")]
    [InlineData("{'resourceType':'Patient',/* a */'active':true}", "line 1, byte 27")]
    [InlineData("{'resourceType':'Patient','multipleBirthInteger':01}", "line 1, byte 51")]
    [InlineData("{'resourceType':'Patient','multipleBirthInteger':NaN}", "line 1, byte 50")]
    [InlineData("{'resourceType':'Patient','id':'a\nb'}", "line 1, byte 34")]
    [InlineData("{'resourceType':'Patient','id':'\\x'}", "line 1, byte 34")]
    public void Malformed_json_is_one_issue_with_its_position(string json, string position)
    {
        var issue = Assert.Single(Expect.Validate(json).Issues);
        Assert.Equal((IssueSeverity.Error, IssueCode.Structure), (issue.Severity, issue.Code));
        Assert.Contains(position, issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Malformed_json_is_located_in_the_resource() =>
        Assert.Equal(
            "Patient.name[1].given",
            Assert.Single(Expect.Validate("{'resourceType':'Patient','name':[{'family':'A'},{'given':[x").Issues).Location
        );

    [Fact]
    public void Bytes_that_are_not_utf8_are_one_issue_with_their_position()
    {
        var latin1 = Encoding.Latin1.GetBytes("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Müller\"}]}");
        var issue = Assert.Single(ResourceValidator.Default.Validate(latin1).Issues);
        Assert.Equal(IssueCode.Structure, issue.Code);
        Assert.Contains($"byte {Array.IndexOf(latin1, (byte)0xFC) + 1}", issue.Text, StringComparison.Ordinal);

        Assert.Single(ResourceValidator.Default.Validate(Encoding.Unicode.GetBytes("{\"resourceType\":\"Patient\"}")).Issues);
        Assert.Single(ResourceValidator.Default.Validate([0xFF]).Issues);
        Assert.Single(ResourceValidator.Default.Validate([(byte)'"', 0xE2, 0x82]).Issues);
    }

    [Fact]
    public void A_byte_order_mark_is_named()
    {
        var issue = Assert.Single(ResourceValidator.Default.Validate([0xEF, 0xBB, 0xBF, .. "{\"resourceType\":\"Patient\"}"u8]).Issues);
        Assert.Contains("byte order mark", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 7, false)]
    [InlineData(8, 8, true)]
    [InlineData(ValidationOptions.LargestMaxDepth, 100_000, true)]
    public void Nesting_ends_at_the_limit(int maxDepth, int levels, bool isTooDeep)
    {
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions { MaxDepth = maxDepth });
        var arrays = "{\"resourceType\":\"Patient\",\"x\":" + new string('[', levels) + new string(']', levels) + "}";
        Assert.Equal(isTooDeep, validator.Validate(Encoding.UTF8.GetBytes(arrays)).Issues.Any(i => i.Code == IssueCode.TooCostly));
    }

    [Theory]
    [InlineData("{'resourceType':'Patient','contact':[{'name':{'period':DEEP", "Patient.contact[0].name.period")]
    [InlineData(
        "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient'}},{'resource':{'resourceType':'Patient','zzz':DEEP",
        "Bundle.entry[1].resource"
    )]
    [InlineData("DEEP", "")]
    public void Excessive_nesting_is_reported_with_its_location(string begin, string location)
    {
        foreach (var deep in new[] { new string('[', 1000), new StringBuilder().Insert(0, "{'a':", 1000).ToString() })
        {
            var issue = Expect
                .Validate(begin.Replace("DEEP", deep, StringComparison.Ordinal))
                .Issues.Single(i => i.Code == IssueCode.TooCostly);
            Assert.Equal((IssueSeverity.Error, location), (issue.Severity, issue.Location));
            Assert.Equal("The resource is nested more than 128 levels deep.", issue.Text);
        }
    }

    [Theory]
    [InlineData("[", 50_000_000)]
    [InlineData("{\"a\":", 10_000_000)]
    public void Nesting_without_end_is_not_read_to_its_end(string level, int levels)
    {
        var utf8 = new byte[level.Length * levels];
        for (var i = 0; i < utf8.Length; i++)
            utf8[i] = (byte)level[i % level.Length];
        Assert.Contains(ResourceValidator.Default.Validate(utf8).Issues, i => i.Code == IssueCode.TooCostly);
    }

    [Fact]
    public void The_deepest_allowed_nesting_fits_a_small_stack()
    {
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions { MaxDepth = ValidationOptions.LargestMaxDepth });
        var deepest = new StringBuilder("{'resourceType':'Parameters','parameter':[{'name':'a'");
        for (var i = 0; i < (ValidationOptions.LargestMaxDepth / 2) - 2; i++)
            deepest.Append(",'part':[{'name':'a'");
        deepest.Append(string.Concat(Enumerable.Repeat("}]", (ValidationOptions.LargestMaxDepth / 2) - 1))).Append('}');
        ValidationResult? result = null;
        var thread = new Thread(() => result = validator.Validate(Expect.Utf8(deepest.ToString())), maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();

        Assert.Empty(result!.Issues);
    }

    [Fact]
    public void A_too_large_resource_is_refused()
    {
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions { MaxBytes = 20 });
        var issue = Assert.Single(validator.Validate("{\"resourceType\":\"Patient\"}"u8).Issues);
        Assert.Equal(
            (IssueCode.TooLong, "", "The resource is larger than the 20 bytes that are allowed."),
            (issue.Code, issue.Location, issue.Text)
        );
    }

    [Fact]
    public void Issues_are_listed_up_to_the_limit()
    {
        var validator = new ResourceValidator(R4Schema.Default, new ValidationOptions { MaxIssues = 3 });
        var result = validator.Validate(
            Expect.Utf8("{'resourceType':'Patient'," + string.Join(",", Enumerable.Range(0, 10).Select(i => $"'x{i}':1")) + "}")
        );
        Assert.Equal(4, result.Issues.Length);
        Assert.Equal((IssueSeverity.Information, IssueCode.TooCostly), (result.Issues[3].Severity, result.Issues[3].Code));
        Assert.Contains("7 more", result.Issues[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_hundred_thousand_nulls_are_validated_without_quadratic_time()
    {
        const int count = 200_000;
        var nulls = string.Join(",", Enumerable.Repeat("null", count));
        var result = Expect.Validate($"{{'resourceType':'Patient','name':[{{'given':[{nulls}],'_given':[{nulls}]}}]}}");
        Assert.True(result.HasErrors);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(ValidationOptions.LargestMaxDepth + 1, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Options_out_of_range_are_refused(int maxDepth, int maxBytes, int maxIssues) =>
        Assert.Throws<ArgumentException>(() =>
            new ResourceValidator(
                R4Schema.Default,
                new ValidationOptions
                {
                    MaxDepth = maxDepth,
                    MaxBytes = maxBytes,
                    MaxIssues = maxIssues,
                }
            )
        );
}
