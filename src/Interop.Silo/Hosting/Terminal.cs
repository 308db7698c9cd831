using Spectre.Console;

namespace Interop.Silo.Hosting;

/// <summary>Fits output to a terminal, or to a file or pipe, which gets no colours and a fixed width.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 120;

    public static void Prepare()
    {
        if (!Console.IsOutputRedirected)
            return;
        AnsiConsole.Profile.Width = WidthOfFiles;
        AnsiConsole.Profile.Capabilities.Ansi = false;
        AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        AnsiConsole.Profile.Capabilities.Links = false;
        AnsiConsole.Profile.Capabilities.Interactive = false;
    }

    /// <summary>Text of another system without control characters: escape codes could change what the terminal shows.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl)
            ? string.Concat(
                text.Select(c =>
                    c is '\n' or '\r' or '\t' ? ' '
                    : char.IsControl(c) ? '\uFFFD'
                    : c
                )
            )
            : text;
}
