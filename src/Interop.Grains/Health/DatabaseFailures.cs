using System.Runtime.CompilerServices;
using Interop.Storage;

namespace Interop.Health;

/// <summary>Translates database failures in streams: a grain call filter does not see the steps of an enumeration.</summary>
internal static class DatabaseFailures
{
    /// <summary>The same items; a <see cref="DatabaseException"/> becomes a <see cref="NotReadyException"/>, which callers know.</summary>
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
                throw new NotReadyException(e.Message);
            }

            yield return steps.Current;
        }
    }
}
