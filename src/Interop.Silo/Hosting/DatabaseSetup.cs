using Interop.Ingestion;
using Interop.Silo.Settings;
using Interop.Storage;
using Interop.Storage.Connections;
using Interop.Telemetry;

namespace Interop.Silo.Hosting;

/// <summary>Creates the data folder and brings the databases up to date, before any other part of the process uses them.</summary>
internal static class DatabaseSetup
{
    /// <exception cref="SettingsException">The data folder cannot be used.</exception>
    /// <exception cref="DatabaseException">A database cannot be used.</exception>
    public static async Task MigrateAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        // The command line handles Ctrl-C only after a command has returned a task, and SQLite works synchronously.
        await Task.Yield();
        DatabaseProviders.Register();
        if (settings.Role == ProcessRole.Api)
            return;
        CreateDataDirectory(settings.DataDirectory);
        await using var database = DatabaseFactory.Open(settings.DatabaseOptions);
        await new Migrator(database, typeof(IngestionServices).Assembly).MigrateAsync(cancellationToken);
        await using var telemetry = new TelemetryDatabase(settings.TelemetryDatabase);
        await telemetry.MigrateAsync(cancellationToken);
    }

    /// <summary>Also writes a file, because the first export would otherwise be the first to fail, at the end of a run.</summary>
    private static void CreateDataDirectory(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Create(Path.Combine(path, $".probe-{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"INTEROP_DATA={path} must be a folder that can be created and written to: {e.Message}");
        }
    }
}
