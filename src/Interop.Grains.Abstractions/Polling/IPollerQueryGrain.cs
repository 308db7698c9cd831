using System.Collections.Immutable;

namespace Interop.Polling;

/// <summary>Reads over all pollers. Stateless.</summary>
[Alias("Interop.IPollerQueryGrain")]
public interface IPollerQueryGrain : IQueryGrain
{
    /// <summary>The sources that can be polled.</summary>
    [Alias("ListSources")]
    Task<ImmutableArray<string>> ListSources();
}
