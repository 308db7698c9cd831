using System.Text;

namespace Interop.Uploads.Csv;

/// <summary>Names and terms compared without case, accents and repeated spaces.</summary>
internal static class ColumnName
{
    private const string Accented = "áàâãäåāéèêëēíìîïīóòôõöøōúùûüūçñýÿšž";
    private const string Plain = "aaaaaaaeeeeeiiiiiooooooouuuuucnyysz";

    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var letter in text.Trim())
        {
            var lower = char.ToLowerInvariant(letter);
            if (lower is >= '\u0300' and <= '\u036f')
                continue; // a combining accent
            var at = Accented.IndexOf(lower, StringComparison.Ordinal);
            if (char.IsWhiteSpace(lower))
            {
                if (folded.Length > 0 && folded[^1] != ' ')
                    folded.Append(' ');
            }
            else
            {
                folded.Append(at >= 0 ? Plain[at] : lower);
            }
        }
        return folded.ToString();
    }
}
