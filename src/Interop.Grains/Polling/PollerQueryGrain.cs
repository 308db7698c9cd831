using System.Collections.Immutable;
using Interop.Sources;

namespace Interop.Polling;

/// <inheritdoc cref="IPollerQueryGrain"/>
[StatelessWorker]
internal sealed class PollerQueryGrain(SourceRegistry sources) : Grain, IPollerQueryGrain
{
    public Task<ImmutableArray<string>> ListSources() => Task.FromResult(sources.Names.Order(StringComparer.Ordinal).ToImmutableArray());
}
