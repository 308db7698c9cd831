using System.Runtime.CompilerServices;
using Interop.Storage;
using Interop.Storage.Files;

namespace Interop.Health;

/// <summary>Translates storage failures in streams: a grain call filter does not see the steps of an enumeration.</summary>
internal static class DatabaseFailures
{
    /// <summary>
    /// The same items; a failure of the database or a full disk becomes a <see cref="NotReadyException"/>, which callers know and which
    /// names neither the database's host nor its user.
    /// </summary>
    public static async IAsyncEnumerable<T> AsNotReady<T>(
        this IAsyncEnumerable<T> items,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await using var steps = items.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await steps.MoveNextAsync())
                    yield break;
            }
            catch (DatabaseException e)
            {
                throw DatabaseProblem.ToNotReady(e);
            }
            catch (IOException e) when (DiskFull.IsReason(e))
            {
                throw new StorageFullException("no space is left on the disk that this call writes to");
            }

            yield return steps.Current;
        }
    }
}
