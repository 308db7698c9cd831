namespace Orleans.Runtime;

/// <summary>Options of enumerations that grains return.</summary>
public static class AsyncEnumerableExtensions
{
    /// <summary>How many items the grain may produce before the consumer asks for the next ones. The default is 100.</summary>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize) =>
        self is IBatchedEnumerable<T> enumerable ? enumerable.WithBatchSize(maxBatchSize) : self;
}
