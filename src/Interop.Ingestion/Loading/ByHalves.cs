using System.Data.Common;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>Writes what the database takes of some items, and finds by halves those whose rows it refuses.</summary>
internal static class ByHalves
{
    private const string Savepoint = "half";

    /// <param name="database">Tells a refusal from other failures.</param>
    /// <param name="session">Its transaction goes on, whatever is refused.</param>
    /// <param name="items">What to write, in order.</param>
    /// <param name="write">Writes some of them, which follow one another.</param>
    /// <param name="refuse">Takes one that the database refuses, and its reason.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task WriteAsync<T>(
        Database database, DbSession session, List<T> items, Func<List<T>, Task> write, Action<T, string> refuse, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
            return;
        await session.SavepointAsync(Savepoint, cancellationToken);
        try
        {
            await write(items);
            await session.ReleaseAsync(Savepoint, cancellationToken);
            return;
        }
        catch (Exception e) when (database.Classify(e) == FailureKind.DataRefused)
        {
            await session.RollbackToAsync(Savepoint, cancellationToken);
            await session.ReleaseAsync(Savepoint, cancellationToken);
            if (items.Count == 1)
            {
                refuse(items[0], Reason(e));
                return;
            }
        }

        var half = items.Count / 2;
        await WriteAsync(database, session, items[..half], write, refuse, cancellationToken);
        await WriteAsync(database, session, items[half..], write, refuse, cancellationToken);
    }

    // The server's own sentence without the statement or the values that it may quote in its details.
    private static string Reason(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is DbException)
                return inner.Message.Split('\n')[0];
        }

        return e.Message;
    }
}
