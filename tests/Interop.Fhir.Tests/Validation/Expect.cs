using System.Text;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>Assertions on resources that the tests write as JSON, with ' for ".</summary>
internal static class Expect
{
    public static ValidationResult Validate(string json) => ResourceValidator.Default.Validate(Utf8(json));

    public static byte[] Utf8(string json) => Encoding.UTF8.GetBytes(json.Replace('\'', '"'));

    public static void NoIssues(string json) => Assert.Equal([], Validate(json).Issues.Select(i => i.ToString()));

    /// <summary>One error and nothing else, with this code at this place.</summary>
    public static ValidationIssue OneError(string json, string code, string location)
    {
        var result = Validate(json);
        Assert.True(result.HasErrors, $"no error in {json}");
        Assert.Equal($"{code} at {location}", string.Join(", ", result.Issues.Select(i => $"{i.Code} at {i.Location}")));
        Assert.Equal(IssueSeverity.Error, result.Issues[0].Severity);
        Assert.NotEmpty(result.Issues[0].Text);
        return result.Issues[0];
    }
}
