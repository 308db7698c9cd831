// Takes an advisory lock in a write transaction, prints one line, and then sends nothing more. Arguments: connection, key, idle limit in
// seconds.
using System.Globalization;
using Interop.Storage;
using Interop.Storage.Connections;

await using var database = DatabaseFactory.Open(
    new DatabaseOptions
    {
        Connection = args[0],
        IdleInWriteTimeout = TimeSpan.FromSeconds(int.Parse(args[2], CultureInfo.InvariantCulture)),
    }
);
await database.WriteAsync(
    async (session, cancellationToken) =>
    {
        await session.ExecuteAsync(
            $"SELECT pg_advisory_xact_lock({long.Parse(args[1], CultureInfo.InvariantCulture)})",
            null,
            cancellationToken
        );
        Console.WriteLine("locked");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }
);
