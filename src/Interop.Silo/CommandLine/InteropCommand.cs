using System.CommandLine;
using Interop.Health;
using Interop.Silo.Settings;
using Interop.Storage;

namespace Interop.Silo.CommandLine;

/// <summary>The command line: a verb each, <c>serve</c> when none is given.</summary>
internal static class InteropCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        Terminal.Prepare();
        var root = new RootCommand("Interop: FHIR R4 pulled, validated, stored clean and replayable.");
        var settings = new SettingsOptions();
        settings.AddTo(root);
        root.SetAction((parsed, token) => ServeCommand.RunAsync(settings.Read(parsed), token));
        root.Subcommands.Add(ServeCommand.Create(settings));
        root.Subcommands.Add(DemoCommand.Create(settings));
        root.Subcommands.Add(IngestCommand.Create(settings));
        root.Subcommands.Add(ValidateCommand.Create());
        root.Subcommands.Add(ViewsCommand.Create());
        root.Subcommands.Add(AnomalyCommand.Create());
        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
            return await root.Parse(args).InvokeAsync(configuration);
        }
        catch (Exception e) when (e is SettingsException or DatabaseException or NotReadyException or ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"interop: {e.Message.ReplaceLineEndings(" ")}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
