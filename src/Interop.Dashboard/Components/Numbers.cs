using System.Globalization;

namespace Interop.Dashboard.Components;

/// <summary>Numbers, sizes and durations as pages show them.</summary>
internal static class Numbers
{
    private static readonly NumberFormatInfo Format = new() { NumberGroupSeparator = ",", NumberDecimalSeparator = "." };

    /// <summary>Grouped by thousands, as the command line prints them.</summary>
    public static string Text(long value) => value.ToString("N0", Format);

    public static string Text(double value, int decimals = 0) => value.ToString("N" + decimals, Format);

    /// <summary>Short for headings: 12.4 k, 3.1 M.</summary>
    public static string Short(double value) =>
        Math.Abs(value) switch
        {
            >= 1_000_000 => $"{(value / 1_000_000).ToString("0.#", Format)} M",
            >= 10_000 => $"{(value / 1_000).ToString("0.#", Format)} k",
            >= 100 or 0 => Text(value),
            _ => value.ToString("0.#", Format),
        };

    public static string Percent(double share, int decimals = 0) => $"{(share * 100).ToString("F" + decimals, Format)} %";

    public static string Duration(TimeSpan span) =>
        span.TotalSeconds switch
        {
            < 0 => "0 s",
            < 1 => $"{span.TotalMilliseconds:0} ms",
            < 60 => $"{span.TotalSeconds.ToString("0.#", Format)} s",
            < 3600 => $"{(int)span.TotalMinutes} min {span.Seconds} s",
            < 86_400 => $"{(int)span.TotalHours} h {span.Minutes} min",
            _ => $"{(int)span.TotalDays} d {span.Hours} h",
        };

    public static string Duration(double? seconds) => seconds is { } s ? Duration(TimeSpan.FromSeconds(s)) : "";

    /// <summary>A status as a word that begins a line.</summary>
    /// <summary>A text with a capital letter at its start; the rest stays as it is.</summary>
    public static string Sentence(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];

    public static string Capital(string word) => word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant();

    /// <summary>A number for an attribute of SVG or CSS.</summary>
    public static string Css(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
