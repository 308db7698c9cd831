using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>
/// The formats of the primitive types on UTF-8 (https://hl7.org/fhir/R4/datatypes.html#primitive). The specification's expressions are XML
/// Schema's: their white space is space, tab, CR and LF, so that NBSP or U+2028 may be in a string, a code or a uri.
/// </summary>
internal static class PrimitiveFormat
{
    /// <summary>The longest string the specification allows, in characters.</summary>
    public const int LongestString = 1024 * 1024;

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);
    private static readonly SearchValues<byte> Base64Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8
    );

    /// <summary>Whether a JSON string has the format of the type. Not for numbers and not for xhtml.</summary>
    public static bool IsValid(PrimitiveKind kind, ReadOnlySpan<byte> value) =>
        kind switch
        {
            PrimitiveKind.String or PrimitiveKind.Markdown => IsString(value),
            PrimitiveKind.Code => IsCode(value),
            PrimitiveKind.Id => FhirId.IsValid(value),
            PrimitiveKind.Uri or PrimitiveKind.Url or PrimitiveKind.Canonical => IsUri(value),
            PrimitiveKind.Oid => IsOid(value),
            PrimitiveKind.Uuid => IsUuid(value),
            PrimitiveKind.Base64Binary => IsBase64(value),
            PrimitiveKind.Date => DateTimeFormat.IsDate(value),
            PrimitiveKind.DateTime => DateTimeFormat.IsDateTime(value),
            PrimitiveKind.Instant => DateTimeFormat.IsInstant(value),
            PrimitiveKind.Time => DateTimeFormat.IsTime(value),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a primitive that is a JSON string"),
        };

    /// <summary>Whether a JSON number's digits are a value of the type. A decimal may have any size and precision.</summary>
    public static bool IsValidNumber(PrimitiveKind kind, ReadOnlySpan<byte> value)
    {
        if (kind == PrimitiveKind.Decimal)
            return true;
        return Utf8Parser.TryParse(value, out int number, out var read)
            && read == value.Length
            && kind switch
            {
                PrimitiveKind.PositiveInt => number > 0,
                PrimitiveKind.UnsignedInt => number >= 0 && value[0] != '-',
                _ => true,
            };
    }

    /// <summary>The expected form of a value, for the text of an issue.</summary>
    public static string Describe(PrimitiveKind kind) =>
        kind switch
        {
            PrimitiveKind.Base64Binary => "base64 in groups of four characters",
            PrimitiveKind.Boolean => "true or false, without quotes",
            PrimitiveKind.Canonical or PrimitiveKind.Uri or PrimitiveKind.Url => "a URI without white space",
            PrimitiveKind.Code => "no space at the ends, single spaces inside, and no other white space",
            PrimitiveKind.Date => "YYYY, YYYY-MM or YYYY-MM-DD, a date of the calendar",
            PrimitiveKind.DateTime =>
                "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset such as +01:00, a date of the calendar",
            PrimitiveKind.Decimal => "a JSON number, without quotes",
            PrimitiveKind.Id => "1 to 64 letters, digits, - and .",
            PrimitiveKind.Instant => "YYYY-MM-DDThh:mm:ss with Z or an offset such as +01:00, a date of the calendar",
            PrimitiveKind.Integer => "a whole number from -2147483648 to 2147483647, without quotes",
            PrimitiveKind.Oid => "urn:oid: and numbers with dots between",
            PrimitiveKind.PositiveInt => "a whole number from 1 to 2147483647, without quotes",
            PrimitiveKind.Time => "hh:mm:ss from 00:00:00 to 23:59:59, without zone",
            PrimitiveKind.UnsignedInt => "a whole number from 0 to 2147483647, without quotes",
            PrimitiveKind.Uuid => "urn:uuid: and a UUID in lower case",
            _ => "text without control characters",
        };

    /// <summary>Whether the text consists of white space only. The empty string does not count.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> value) => value.Length > 0 && value.IndexOfAnyExcept(WhiteSpace) < 0;

    /// <summary>Whether a text has more characters than the specification allows. Characters are counted only where the bytes exceed the
    /// limit.</summary>
    public static bool IsTooLong(PrimitiveKind kind, ReadOnlySpan<byte> value) =>
        value.Length > LongestString
        && kind is PrimitiveKind.String or PrimitiveKind.Markdown or PrimitiveKind.Code
        && Encoding.UTF8.GetCharCount(value) > LongestString;

    // Below U+0020 only tab, CR and LF are characters of a FHIR string.
    private static bool IsString(ReadOnlySpan<byte> value)
    {
        for (var rest = value; ; )
        {
            var at = rest.IndexOfAnyInRange((byte)0, (byte)0x1F);
            if (at < 0)
                return true;
            if (!WhiteSpace.Contains(rest[at]))
                return false;
            rest = rest[(at + 1)..];
        }
    }

    // The expression of the specification allows a tab or a line break, its text only single spaces, and other validators follow the text.
    private static bool IsCode(ReadOnlySpan<byte> value) =>
        value.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0
        && value is not [(byte)' ', ..] and not [.., (byte)' ']
        && value.IndexOf("  "u8) < 0;

    private static bool IsUri(ReadOnlySpan<byte> value) => value.IndexOfAny(WhiteSpace) < 0 && IsString(value);

    private static bool IsOid(ReadOnlySpan<byte> value)
    {
        if (!value.StartsWith("urn:oid:"u8))
            return false;
        var rest = value["urn:oid:".Length..];
        if (rest.Length < 3 || rest[0] is < (byte)'0' or > (byte)'2' || rest[1] != '.')
            return false;
        foreach (var part in rest[2..].Split((byte)'.'))
        {
            var digits = rest[2..][part];
            if (digits.Length == 0 || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || (digits[0] == '0' && digits.Length > 1))
                return false;
        }

        return true;
    }

    private static bool IsUuid(ReadOnlySpan<byte> value) =>
        value.Length == "urn:uuid:".Length + 36
        && value.StartsWith("urn:uuid:"u8)
        && Utf8Parser.TryParse(value["urn:uuid:".Length..], out Guid _, out var read, 'D')
        && read == 36
        && value.IndexOfAnyInRange((byte)'A', (byte)'Z') < 0;

    // White space may stand between groups of four, as mail and PEM break lines; padding ends the last group. Bits left over in the last
    // character need not be zero: RFC 4648, 3.5 leaves that open, and Base64.IsValid of .NET does not.
    private static bool IsBase64(ReadOnlySpan<byte> value)
    {
        var data = value.TrimEnd(" \t\r\n"u8);
        if (data.Length == 0)
            return false;
        var padding =
            data.EndsWith("=="u8) ? 2
            : data.EndsWith("="u8) ? 1
            : 0;
        var groups = data[..^padding];
        while (true)
        {
            var end = groups.IndexOfAnyExcept(Base64Characters);
            if (end < 0)
                return (groups.Length + padding) % 4 == 0 && (groups.Length > 0 || padding == 0);
            if (end % 4 != 0 || !WhiteSpace.Contains(groups[end]))
                return false;
            groups = groups[(end + 1)..];
        }
    }
}
