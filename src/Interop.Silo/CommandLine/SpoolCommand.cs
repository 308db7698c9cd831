using System.CommandLine;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.Telemetry;
using Interop.Telemetry.Committing;

namespace Interop.Silo.CommandLine;

/// <summary><c>spool adopt DIR</c>: stores the accepted events that a process left in its spool, when it will not start again.</summary>
internal static class SpoolCommand
{
    public static Command Create(SettingsOptions options)
    {
        var directory = new Argument<DirectoryInfo>("DIR")
        {
            Description = "The spool folder, or the INTEROP_DATA folder, of the process that is gone",
        };
        var adopt = new Command("adopt", "Store the events of a spool in the database and delete its files; a repetition changes nothing")
        {
            directory,
        };
        options.AddTo(adopt, isServer: false);
        adopt.SetAction((parsed, token) => AdoptAsync(options.Read(parsed), parsed.GetValue(directory)!, token));
        return new Command("spool", "Events that wait on the disk for the database") { adopt };
    }

    private static async Task<int> AdoptAsync(InteropSettings settings, DirectoryInfo directory, CancellationToken cancellationToken)
    {
        await DatabaseSetup.MigrateAsync(settings, cancellationToken);
        using var loggers = LoggerFactory.Create(logging => logging.AddInteropLogging(settings));
        await using var telemetry = new TelemetryDatabase(settings.TelemetryDatabase, loggers);
        var adopted = await SpoolAdoption.AdoptAsync(telemetry, directory.FullName, TimeProvider.System, loggers, cancellationToken);
        Console.WriteLine($"{adopted.Events} events stored, {adopted.NotAccepted} not accepted, {adopted.Rejects} rejects stored");
        if (adopted.DamagedFiles == 0)
            return ExitCodes.Success;
        await Console.Error.WriteLineAsync(
            $"interop: {adopted.DamagedFiles} files in {directory} have damaged parts and are kept as *.damaged: examine them, then delete them"
        );
        return ExitCodes.Failure;
    }
}
