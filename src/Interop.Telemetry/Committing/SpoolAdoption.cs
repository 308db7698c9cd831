using Interop.Storage;
using Interop.Storage.Spooling;
using Interop.Telemetry.Events;
using Interop.Telemetry.Spooling;
using Microsoft.Extensions.Logging;

namespace Interop.Telemetry.Committing;

/// <summary>The result of an adoption.</summary>
/// <param name="Events">Events of the folder that the database has now, including those that it already had.</param>
/// <param name="NotAccepted">Events with the id of another event, or that the database refuses. They are among the rejects.</param>
/// <param name="Rejects">Rejects of the folder.</param>
/// <param name="DamagedFiles">Files that are kept in the folder because parts of them could not be read.</param>
public sealed record AdoptedSpool(long Events, long NotAccepted, long Rejects, int DamagedFiles);

/// <summary>Stores the events in the spool folder of a process that is gone and will not come back.</summary>
public static class SpoolAdoption
{
    private const int MaxRecords = 2_000;
    private const string UsualName = "telemetry";

    /// <summary>Drains a spool into the database. It can be repeated: events that the database has are not stored twice.</summary>
    /// <param name="telemetry">Where the events go. Its tables must exist.</param>
    /// <param name="directory">The spool folder, or the INTEROP_DATA folder that holds it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The host's loggers.</param>
    /// <param name="cancellationToken">Stops after the current transaction; a repetition continues from there.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="IOException">A process uses the folder, or its files cannot be read.</exception>
    /// <exception cref="DatabaseException">The database does not take the events. What it has taken is deleted from the folder.</exception>
    public static async Task<AdoptedSpool> AdoptAsync(
        TelemetryDatabase telemetry,
        string directory,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken
    )
    {
        var options = new TelemetryOptions { SpoolDirectory = Find(directory) };
        using var spool = new Spool(options, loggers.CreateLogger<Spool>());
        var writer = new BatchWriter(telemetry, options, time);
        var adopted = new AdoptedSpool(0, 0, 0, 0);
        while (spool.Read(MaxRecords) is { } chunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var verdicts = await writer.StoreAsync(chunk.Events, chunk.Rejects, cancellationToken);
            spool.Release(chunk.Segment, chunk.End);
            var accepted = verdicts.Count(v => v == EventVerdict.Kept);
            adopted = adopted with
            {
                Events = adopted.Events + accepted,
                NotAccepted = adopted.NotAccepted + verdicts.Length - accepted,
                Rejects = adopted.Rejects + chunk.Rejects.Count,
            };
        }

        return adopted with
        {
            DamagedFiles = Directory.GetFiles(options.SpoolDirectory, "*" + SpoolSegment.DamagedExtension).Length,
        };
    }

    private static string Find(string directory)
    {
        if (!Directory.Exists(directory))
            throw new DirectoryNotFoundException(
                $"{directory} is not a folder: name the spool folder, or the INTEROP_DATA folder, of the process that is gone"
            );
        return Directory.Exists(Path.Combine(directory, UsualName)) ? Path.Combine(directory, UsualName) : directory;
    }
}
