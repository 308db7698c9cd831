using System.Buffers;

namespace Interop.Uploads.Csv;

/// <summary>
/// Protects cells of a CSV file that people open in a spreadsheet, which runs a text as a formula when it begins with = + - @, a tab or a
/// line end (https://owasp.org/www-community/attacks/CSV_Injection): an apostrophe before such a text makes it a text. Numbers and
/// telephone
/// numbers stay as they are, so that a corrected file can be sent again.
/// </summary>
internal static class FormulaGuard
{
    private const string Starts = "=+-@\t\r\n";
    private static readonly SearchValues<char> OfNumbers = SearchValues.Create("0123456789+-(). ");

    /// <summary>The cell, with an apostrophe before it where it needs one.</summary>
    public static string Protect(string cell) =>
        cell.Length > 0 && Starts.Contains(cell[0], StringComparison.Ordinal) && cell.AsSpan().ContainsAnyExcept(OfNumbers)
            ? $"'{cell}"
            : cell;
}
