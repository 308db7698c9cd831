using System.Collections.Concurrent;
using System.Data.Common;

namespace Orleans.AdoNet;

/// <summary>
/// The data sources of one silo, one per connection string. The silo's services dispose them, so the pooled connections close with the silo
/// and not when the provider's own pool expires.
/// </summary>
internal sealed class AdoNetDataSources : IDisposable
{
    private readonly ConcurrentDictionary<(DbProviderFactory, string), Lazy<DbDataSource>> _dataSources = new();

    public DbDataSource Get(DbProviderFactory factory, string connectionString) =>
        _dataSources
            .GetOrAdd((factory, connectionString), static key => new Lazy<DbDataSource>(() => key.Item1.CreateDataSource(key.Item2)))
            .Value;

    public void Dispose()
    {
        foreach (var dataSource in _dataSources.Values)
            dataSource.Value.Dispose();
    }
}
