using Interop.TestServers;

namespace Interop.Bench.Ingestion;

/// <summary>The processor time of a PostgreSQL server, mostly of its connections. A busy machine changes it less than durations.</summary>
internal sealed class PostgresCpu(PostgresServer server)
{
    private const double TicksPerSecond = 100; // USER_HZ, 100 on every Linux that .NET runs on

    private double _last;

    /// <summary>Seconds since the last lap.</summary>
    public double Lap()
    {
        var now = Total.TotalSeconds;
        var lap = now - _last;
        _last = now;
        return lap;
    }

    /// <summary>Since its start, of the server, of its connections, and of those that have closed.</summary>
    public TimeSpan Total
    {
        get
        {
            var postmaster = File.ReadLines(Path.Combine(server.DirectoryPath, "data", "postmaster.pid")).First();
            var ticks = FieldsOf(postmaster)[11..15].Sum(double.Parse);
            foreach (
                var process in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0]))
            )
            {
                if (FieldsOf(process!) is [_, var parent, ..] fields && parent == postmaster)
                    ticks += fields[11..13].Sum(double.Parse);
            }

            return TimeSpan.FromSeconds(ticks / TicksPerSecond);
        }
    }

    /// <summary>"pid (name) state ppid ... utime stime cutime cstime": the fields after the name, which may hold blanks. None: it is
    /// gone.</summary>
    private static string[] FieldsOf(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
