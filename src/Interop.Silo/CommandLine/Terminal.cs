using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary>What standard output is: a terminal, or a file or pipe, where colours would be litter and a width unknown.</summary>
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
}
