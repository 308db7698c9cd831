namespace Interop.Fhir.Views.Rows;

/// <summary>
/// Protects cells of CSV against formulas. A spreadsheet runs a text as a formula when it begins with = + - @, a tab or a line end
/// (https://owasp.org/www-community/attacks/CSV_Injection): an apostrophe before such a text makes it a text. A plain number such as -5 is
/// written unchanged.
/// </summary>
internal static class CsvCell
{
    public const byte TextMark = (byte)'\'';

    /// <summary>Whether the cell needs an apostrophe at its start.</summary>
    public static bool NeedsTextMark(ReadOnlySpan<byte> cell) => cell.Length > 0 && "=+-@\t\r\n"u8.Contains(cell[0]) && !IsNumber(cell);

    /// <summary>A number as JSON writes it: -5, 1.50, 2e3.</summary>
    private static bool IsNumber(ReadOnlySpan<byte> cell)
    {
        var rest = cell[0] == '-' ? cell[1..] : cell;
        return SkipDigits(ref rest)
            && (rest is not [(byte)'.', ..] || Skip(ref rest, 1))
            && (rest is not [(byte)'e' or (byte)'E', ..] || Skip(ref rest, rest is [_, (byte)'+' or (byte)'-', ..] ? 2 : 1))
            && rest.IsEmpty;
    }

    private static bool Skip(ref ReadOnlySpan<byte> text, int mark)
    {
        text = text[mark..];
        return SkipDigits(ref text);
    }

    private static bool SkipDigits(ref ReadOnlySpan<byte> text)
    {
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        text = text[digits..];
        return digits > 0;
    }
}
