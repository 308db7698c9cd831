using System.Text.Json;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>Each primitive type's values (https://hl7.org/fhir/R4/datatypes.html#primitive), as parameters, which can be of any
/// type.</summary>
public class PrimitiveRuleTests
{
    public static TheoryData<string, string[], string[]> Values =>
        new()
        {
            {
                "Date",
                ["1974", "1974-12", "1974-12-25", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
                [
                    "74",
                    "1974-13",
                    "1974-00",
                    "1974-12-32",
                    "1974-02-29",
                    "1900-02-29",
                    "0000",
                    "1974-1-1",
                    "1974-12-25T00:00:00Z",
                    "25.12.1974",
                    "1974/12/25",
                    " 1974",
                    "1974-",
                    "1974-12-",
                    "1974-04-31",
                    "19744",
                    "１９７４",
                ]
            },
            {
                "DateTime",
                [
                    "1974",
                    "1974-12",
                    "1974-12-25",
                    "1974-12-25T14:35:45Z",
                    "1974-12-25T14:35:45.123+05:30",
                    "1974-12-25T23:59:60Z",
                    "1974-12-25T00:00:00-14:00",
                    "2015-02-07T13:28:17.239+02:00",
                ],
                [
                    "1974-12-25T14:35Z",
                    "1974-12-25T14:35:45",
                    "1974-12-25T24:00:00Z",
                    "1974-12-25T14:60:00Z",
                    "1974-12-25T14:35:61Z",
                    "1974-12-25T14:35:45.Z",
                    "1974-12-25T14:35:45+14:30",
                    "1974-12-25T14:35:45+15:00",
                    "1974-12-25T14:35:45+0530",
                    "1974-12-25 14:35:45Z",
                    "1974-12-25t14:35:45Z",
                    "1974-02-30T14:35:45Z",
                    "1974-12-25T14:35:45Zx",
                    "1974-12-25T14:35:45z",
                    "1974-12T14:35:45Z",
                    "1974-12-25T14:35:45-00:60",
                ]
            },
            {
                "Instant",
                ["2015-02-07T13:28:17.239+02:00", "2015-02-07T13:28:17Z", "2015-02-07T13:28:17.1234567890123Z"],
                ["2015-02-07", "2015-02-07T13:28Z", "2015-02-07T13:28:17", "2015", "2015-02-30T13:28:17Z"]
            },
            {
                "Time",
                ["00:00:00", "23:59:59", "23:59:60", "12:00:00.5"],
                ["24:00:00", "12:00", "12:60:00", "12:00:00Z", "12:00:00.", "1:00:00", "12:00:61", "12-00-00"]
            },
            {
                "String",
                ["a", " a ", "a\tb\r\nc", "a\u00A0b", "\u2028", "\u00A0", "\u0085", "\uFEFF", "😀", "a\u007Fb", "\uE000"],
                ["\u0000", "a\u0001b", "\u001F", "\u000B", "\u000C"]
            },
            { "Markdown", ["# a\n\nb", " a"], ["a\u0000"] },
            { "Code", ["a", "a b", "a\u00A0\u00A0b", "ä"], [" a", "a ", "a  b", "a\tb", "a\nb", "a \tb", " ", "a\n", "\u0001"] },
            {
                "Id",
                ["a", "A-1.b", "0123456789012345678901234567890123456789012345678901234567890123"],
                ["a_b", "a b", "ä", "a/b", "01234567890123456789012345678901234567890123456789012345678901234", "a\n"]
            },
            { "Uri", ["http://example.org/a", "urn:oid:1.2", "a", "#", "http://example.org/ä", "a\u00A0b"], ["a b", " a", "a\n", "a\tb"] },
            { "Url", ["http://example.org/a", "mailto:a@b"], ["http://example.org/a b"] },
            { "Canonical", ["http://example.org/a|1.0", "http://example.org/a|1.0#x", "#a"], ["http://example.org/a |1.0"] },
            {
                "Oid",
                ["urn:oid:1.2.3", "urn:oid:2.16.840.1.113883", "urn:oid:0.0"],
                [
                    "1.2.3",
                    "urn:oid:3.1",
                    "urn:oid:1",
                    "urn:oid:1.",
                    "urn:oid:1.02",
                    "urn:oid:1..2",
                    "URN:OID:1.2",
                    "urn:oid:12.3",
                    "urn:oid:1.2a",
                ]
            },
            {
                "Uuid",
                ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
                [
                    "c757873d-ec9a-4326-a141-556f43239520",
                    "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
                    "urn:uuid:c757873dec9a4326a141556f43239520",
                    "urn:uuid:c757873d-ec9a-4326-a141-556f4323952",
                    "urn:uuid:x757873d-ec9a-4326-a141-556f43239520",
                ]
            },
            {
                "Base64Binary",
                ["QQ==", "QUI=", "QUJD", "QUJD\r\nQUJD", " QUJD ", "QUJDQUJD\nQQ=="],
                ["Q", "QQ", "QQ=", "Q===", "QU-D", "QU_D", "=QQQ", "QQ==QUJD", "ä", " "]
            },
        };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_string_has_the_format_of_its_type(string type, string[] valid, string[] invalid)
    {
        Assert.All(valid, v => Expect.NoIssues(Parameter(type, JsonSerializer.Serialize(v))));
        Assert.All(
            invalid,
            v => Expect.OneError(Parameter(type, JsonSerializer.Serialize(v)), IssueCode.Value, "Parameters.parameter[0].value")
        );
    }

    [Theory]
    [InlineData("Integer", "0 -1 2147483647 -2147483648", "2147483648 -2147483649 1.0 1e2 1E0 99999999999999999999")]
    [InlineData("PositiveInt", "1 2147483647", "0 -1 2147483648 1.5")]
    [InlineData("UnsignedInt", "0 1 2147483647", "-1 -0 2147483648 0.0")]
    [InlineData(
        "Decimal",
        "0 -0 1.0 1.00 -1.5 1e10 1E-245 1.000000000000000000E+245 123456789012345678901234567890.123456789012345678901234567890",
        ""
    )]
    public void A_number_is_in_the_range_of_its_type(string type, string valid, string invalid)
    {
        Assert.All(valid.Split(' '), v => Expect.NoIssues(Parameter(type, v)));
        Assert.All(
            invalid.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            v => Expect.OneError(Parameter(type, v), IssueCode.Value, "Parameters.parameter[0].value")
        );
    }

    [Theory]
    [InlineData("Decimal", "'1.0'")]
    [InlineData("Integer", "'1'")]
    [InlineData("Boolean", "'true'")]
    [InlineData("Boolean", "0")]
    [InlineData("String", "1")]
    [InlineData("Date", "2020")]
    [InlineData("Code", "false")]
    public void A_value_has_its_json_type(string type, string value) =>
        Expect.OneError(Parameter(type, value), IssueCode.Structure, "Parameters.parameter[0].value");

    [Fact]
    public void A_string_has_at_most_one_mebi_characters()
    {
        var longest = new string('ä', PrimitiveFormatLimit);
        Expect.NoIssues(Parameter("String", $"'{longest}'"));
        Expect.OneError(Parameter("String", $"'{longest}a'"), IssueCode.TooLong, "Parameters.parameter[0].value");
        Expect.OneError(Parameter("Markdown", $"'{longest}a'"), IssueCode.TooLong, "Parameters.parameter[0].value");
        Expect.NoIssues(Parameter("Base64Binary", $"'{new string('A', 2 * PrimitiveFormatLimit)}'"));
    }

    [Fact]
    public void A_blank_string_is_a_warning()
    {
        var result = Expect.Validate(Parameter("String", "' \\t'"));
        Assert.False(result.HasErrors);
        Assert.Equal(IssueSeverity.Warning, Assert.Single(result.Issues).Severity);
    }

    [Theory]
    [InlineData("\\uD800")]
    [InlineData("\\uDC00x")]
    [InlineData("\\uD800\\u0041")]
    public void A_lone_surrogate_is_found(string text)
    {
        Expect.OneError(Parameter("String", $"'{text}'"), IssueCode.Value, "Parameters.parameter[0].value");
        Expect.OneError($"{{'resourceType':'{text}'}}", IssueCode.NotSupported, "resourceType");
        Expect.OneError($"{{'resourceType':'Patient','{text}':1}}", IssueCode.Structure, $"Patient.{text}");
    }

    private const int PrimitiveFormatLimit = 1024 * 1024;

    private static string Parameter(string type, string value) =>
        $"{{'resourceType':'Parameters','parameter':[{{'name':'a','value{type}':{value}}}]}}";
}
