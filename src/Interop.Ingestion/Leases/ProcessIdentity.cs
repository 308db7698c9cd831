using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Interop.Storage;

namespace Interop.Ingestion.Leases;

/// <summary>What a process is for.</summary>
public enum ProcessKind
{
    /// <summary>It serves the API and resumes interrupted runs.</summary>
    Server,

    /// <summary>A command that runs once. It resumes only runs that a command began.</summary>
    Command,
}

/// <summary>Names the process that owns a lease.</summary>
/// <param name="Host">The machine, and on Linux its process namespace: a process id means nothing outside of it.</param>
/// <param name="ProcessId">The process id.</param>
/// <param name="StartedAt">When the process started: process ids are used again.</param>
/// <param name="Kind">What it is for.</param>
public sealed record ProcessIdentity(string Host, int ProcessId, DateTimeOffset StartedAt, ProcessKind Kind)
{
    // A process's start time is computed from the boot time, which may differ a little from one reading to the next.
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(2);

    /// <summary>This process.</summary>
    public static ProcessIdentity Current(ProcessKind kind)
    {
        using var process = Process.GetCurrentProcess();
        return new ProcessIdentity(HostName(), Environment.ProcessId, Truncate(process.StartTime), kind);
    }

    /// <summary>Reads <see cref="ToString"/>; null for text of another form.</summary>
    public static ProcessIdentity? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('|');
        return
            parts.Length == 4
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            && DateTimeOffset.TryParseExact(parts[2], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var startedAt)
            && Enum.TryParse<ProcessKind>(parts[3], out var kind)
            ? new ProcessIdentity(parts[0], processId, startedAt, kind)
            : null;
    }

    /// <summary>Whether the process ran on this machine and has ended: its leases need not become silent first.</summary>
    public bool HasEnded()
    {
        if (Host != HostName())
            return false; // not visible from here
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return IsZombie(ProcessId) || (Truncate(process.StartTime) - StartedAt).Duration() > StartTolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return true; // no process has this id
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // a process of another user has this id
        }
    }

    /// <summary>Whether the process was killed and only its entry is left, because its parent has not asked for its exit code
    /// yet.</summary>
    private static bool IsZombie(int processId)
    {
        try
        {
            // "12 (name) Z 1 ...": the name may hold anything, the state follows its last parenthesis.
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['Z' or 'X', ..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no Linux, or the process is gone: its start time tells
        }
    }

    /// <summary>For messages: host and process id.</summary>
    public string Description => $"process {ProcessId} on {Host.Split('#')[0]}";

    /// <summary>The name of this process's database connections (<see cref="DatabaseOptions.SessionName"/>).</summary>
    public string SessionName =>
        $"Interop {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Host}|{ProcessId}")).AsSpan(0, 12))}";

    /// <summary>As stored in the database.</summary>
    public override string ToString() => $"{Host}|{ProcessId.ToString(CultureInfo.InvariantCulture)}|{StartedAt:O}|{Kind}";

    private static DateTimeOffset Truncate(DateTime time)
    {
        var utc = new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero);
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond));
    }

    private static string HostName()
    {
        var name = Environment.MachineName.Replace('|', '_').Replace('#', '_');
        try
        {
            // Two containers may have one machine name, but not one namespace of process ids.
            return File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false) is { } target ? $"{name}#{target.Name}" : name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return name; // no Linux
        }
    }
}
