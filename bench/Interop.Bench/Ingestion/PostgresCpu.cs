using Interop.TestServers;

namespace Interop.Bench.Ingestion;

/// <summary>Processor time of a PostgreSQL server, of its connections above all: a figure that a busy machine does not blur as it blurs seconds.</summary>
internal sealed class PostgresCpu(PostgresServer server)
{
    private const double TicksPerSecond = 100; // USER_HZ, 100 on every Linux that .NET runs on

    private double _last;

    /// <summary>Seconds since the last lap. A connection's time is known to the server when it has closed.</summary>
    public double Lap()
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        var postmaster = File.ReadLines(Path.Combine(server.DirectoryPath, "data", "postmaster.pid")).First();
        // "pid (name) state ppid ... utime stime cutime cstime": the fields after the name, which may hold blanks.
        var fields = File.ReadAllText($"/proc/{postmaster}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var now = fields[11..15].Sum(double.Parse) / TicksPerSecond;
        var lap = now - _last;
        _last = now;
        return lap;
    }
}
