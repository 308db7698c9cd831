using System.CommandLine;
using Interop.Health;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.Storage;

namespace Interop.Silo.CommandLine;

/// <summary>The command line: one verb per command, <c>serve</c> when none is given.</summary>
internal static class InteropCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        Terminal.Prepare();
        var root = new RootCommand(
            "Interop: FHIR R4 pulled, validated, stored clean and replayable. "
                + "Exit codes: 0 success; 1 errors in what was processed; 2 the command could not run; 130 ended by Ctrl-C."
        );
        var settings = new SettingsOptions();
        settings.AddTo(root, isServer: true);
        root.SetAction((parsed, token) => ServeCommand.RunAsync(settings.Read(parsed), token));
        root.Subcommands.Add(ServeCommand.Create(settings));
        root.Subcommands.Add(DemoCommand.Create(settings));
        root.Subcommands.Add(IngestCommand.Create(settings));
        root.Subcommands.Add(UserCommand.Create(settings));
        root.Subcommands.Add(ApiKeyCommand.Create(settings));
        root.Subcommands.Add(ValidateCommand.Create());
        root.Subcommands.Add(ViewsCommand.Create());
        root.Subcommands.Add(AnomalyCommand.Create());
        root.Subcommands.Add(SendCommand.Create(settings));
        root.Subcommands.Add(LoginCommand.Create());
        root.Subcommands.Add(UploadCommand.CreateUpload());
        root.Subcommands.Add(UploadCommand.CreateTm2());
        root.Subcommands.Add(SpoolCommand.Create(settings));
        root.Subcommands.Add(PublicKeysCommand.Create(settings));
        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            };
            var exitCode = await root.Parse(args).InvokeAsync(configuration);
            return exitCode == ExitCodes.Cancelled ? await CancelledAsync() : exitCode;
        }
        catch (Exception e)
            when (e
                    is SettingsException
                        or DatabaseException
                        or NotReadyException
                        or StorageFullException
                        or ArgumentException
                        or IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
            )
        {
            await Console.Error.WriteLineAsync($"interop: {Terminal.Printable(e.Message.ReplaceLineEndings(" "))}");
            return ExitCodes.Refused;
        }
        catch (OperationCanceledException)
        {
            return await CancelledAsync();
        }
    }

    private static async Task<int> CancelledAsync()
    {
        await Console.Error.WriteLineAsync("interop: stopped; an interrupted run continues at the next start");
        return ExitCodes.Cancelled;
    }
}
