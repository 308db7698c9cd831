using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>
/// The hand-written formats against the specification's own regular expressions, on generated near-misses of valid values. Where the
/// specification's text asks for more than its expression (a date of the calendar, padding of base64, no control characters), the test does
/// too.
/// </summary>
public class SpecificationRegexTests
{
    public static TheoryData<string, string[]> Seeds =>
        new()
        {
            { "date", ["1974-12-25", "2024-02", "1999"] },
            { "dateTime", ["2015-02-07T13:28:17.239+02:00", "1974-12-25T14:35:45Z", "1974-12"] },
            { "instant", ["2015-02-07T13:28:17.239+02:00", "1974-12-25T14:35:45Z"] },
            { "time", ["12:34:56", "23:59:60.123"] },
            { "id", ["abc-1.2", "0123456789012345678901234567890123456789012345678901234567890123"] },
            { "code", ["abc def", "a"] },
            { "uri", ["http://a.b/c?d#e"] },
            { "oid", ["urn:oid:1.2.840", "urn:oid:0.10"] },
            { "uuid", ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"] },
            { "base64Binary", ["QUJD", "QUJD QUI=", "QQ=="] },
            { "string", ["a b", " "] },
        };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_format_is_that_of_the_specification(string type, string[] seeds)
    {
        var regex = XmlSchemaRegex(R4Schema.Default.FindType(type)!.Regex!);
        var alphabet = "0123456789 abcfzTZ:+-./=ABF#\t\n\u00A0\u2028ä".ToCharArray();
        var nearMiss =
            from seed in Gen.Elements(seeds)
            from edits in Gen.Choose(0, 3)
            from places in Gen.Choose(0, 1_000).ArrayOf(3)
            from letters in Gen.Elements(alphabet).ArrayOf(3)
            from kinds in Gen.Choose(0, 2).ArrayOf(3)
            select Edit(seed, edits, places, letters, kinds);

        Prop.ForAll(
                nearMiss.Where(t => t.Length > 0).ToArbitrary(),
                text =>
                {
                    var expected = regex.IsMatch(text) && AlsoHolds(type, text);
                    return (IsValid(type, text) == expected).Label(
                        $"{type} {JsonSerializer.Serialize(text)} should be {(expected ? "valid" : "invalid")}"
                    );
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    private static string Edit(string text, int edits, int[] places, char[] letters, int[] kinds)
    {
        for (var i = 0; i < edits && text.Length > 0; i++)
        {
            var at = places[i] % text.Length;
            text = kinds[i] switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, letters[i].ToString()),
                _ => text.Remove(at, 1).Insert(at, letters[i].ToString()),
            };
        }

        return text;
    }

    private static bool IsValid(string type, string text)
    {
        var name = char.ToUpperInvariant(type[0]) + type[1..];
        var json = $$"""{"resourceType":"Parameters","parameter":[{"name":"a","value{{name}}":{{JsonSerializer.Serialize(text)}}}]}""";
        return !ResourceValidator.Default.Validate(System.Text.Encoding.UTF8.GetBytes(json)).HasErrors;
    }

    // XML Schema: anchored, and \s is space, tab, CR and LF only.
    private static Regex XmlSchemaRegex(string pattern) =>
        new(
            @"\A(?:"
                + pattern
                    .Replace(@"[^\s]", @"[^ \t\r\n]")
                    .Replace(@"\t\S]", @"\t\u0000-\uFFFF]")
                    .Replace(@"\S", @"[^ \t\r\n]")
                    .Replace(@"\s", @"[ \t\r\n]")
                + @")\z",
            RegexOptions.CultureInvariant
        );

    private static bool AlsoHolds(string type, string text) =>
        type switch
        {
            "date" or "dateTime" or "instant" when text.Length >= 10 => DateOnly.TryParseExact(
                text[..10],
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out _
            ),
            // "no whitespace other than single spaces in the contents", says the text; the expression also allows a tab or a line break.
            "code" => text.AsSpan().IndexOfAny("\t\r\n") < 0,
            "base64Binary" => Convert.TryFromBase64String(text, new byte[100], out var length) && length > 0,
            _ => true,
        };
}
