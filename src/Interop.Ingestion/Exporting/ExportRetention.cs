using System.Globalization;
using System.Text.RegularExpressions;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Exporting;

/// <summary>Deletes the folders of runs and exports that are older than <see cref="ExportOptions.Retention"/>.</summary>
internal sealed partial class ExportRetention(
    Database database,
    IOptions<ExportOptions> options,
    TimeProvider time,
    ILogger<ExportRetention> log
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Retention is not { } retention)
            return;
        using var timer = new PeriodicTimer(retention < Interval ? retention : Interval, time);
        do
        {
            try
            {
                await SweepAsync(retention, stoppingToken);
            }
            catch (Exception e) when (e is DatabaseException or IOException or UnauthorizedAccessException)
            {
                LogFailed(e.Message);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Deletes what is older; returns the number of folders. Folders of active runs stay, and all that have other names than
    /// <see cref="ExportDirectory"/> gives.</summary>
    internal async Task<int> SweepAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        var root = new DirectoryInfo(options.Value.Directory);
        if (!root.Exists)
            return 0;
        var before = time.GetUtcNow() - retention;
        var old = root.EnumerateDirectories().Where(folder => folder.LinkTarget is null && IsOlder(folder, before)).ToList();
        if (old.Count == 0)
            return 0;
        var active = (await database.ReadAsync(RunStore.ActiveIdsAsync, cancellationToken)).ToHashSet();
        var deleted = 0;
        foreach (var folder in old.Where(folder => RunIdOf(folder) is not { } runId || !active.Contains(runId)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            folder.Delete(recursive: true);
            deleted++;
        }

        if (deleted > 0)
            LogDeleted(deleted, before);
        return deleted;
    }

    /// <summary>By its name, and by its files: an export that is still written to is not old.</summary>
    private static bool IsOlder(DirectoryInfo folder, DateTimeOffset before) =>
        Name().Match(folder.Name) is { Success: true } match
        && DateTimeOffset.TryParseExact(
            match.Groups["at"].Value,
            "yyyyMMdd'T'HHmmss'Z'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var at
        )
        && at < before
        && folder.EnumerateFiles().All(file => file.LastWriteTimeUtc < before.UtcDateTime);

    private static long? RunIdOf(DirectoryInfo folder) =>
        long.TryParse(Name().Match(folder.Name).Groups["run"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    [GeneratedRegex(@"^(?:all|run_(?<run>\d{1,19}))_(?<at>\d{8}T\d{6}Z)$")]
    private static partial Regex Name();

    [LoggerMessage(2501, LogLevel.Information, "{Count} folders of exports from before {Before:u} were deleted (Exports:Retention)")]
    private partial void LogDeleted(int count, DateTimeOffset before);

    [LoggerMessage(2502, LogLevel.Warning, "Old folders of exports could not be deleted; the next attempt follows in an hour: {Reason}")]
    private partial void LogFailed(string reason);
}
