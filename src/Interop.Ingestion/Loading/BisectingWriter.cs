using System.Data.Common;
using Interop.Storage;

namespace Interop.Ingestion.Loading;

/// <summary>Writes items. When the database refuses some, it halves the list until it has found them, and writes the others.</summary>
internal static class BisectingWriter
{
    private const string Savepoint = "half";

    /// <param name="database">Classifies failures: only refused data is bisected.</param>
    /// <param name="session">Its transaction can continue after refusals.</param>
    /// <param name="items">What to write, in order.</param>
    /// <param name="write">Writes a part of the list.</param>
    /// <param name="refuse">Takes a refused item and the database's reason.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task WriteAsync<T>(
        Database database,
        DbSession session,
        List<T> items,
        Func<List<T>, Task> write,
        Action<T, string> refuse,
        CancellationToken cancellationToken
    )
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

    // The first line of the database's message: the details may quote the statement or values.
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
