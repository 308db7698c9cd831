using System.Collections.Immutable;

namespace Interop.Health;

/// <summary>Checks the parts that every request needs. An answer of this grain shows that the engine works.</summary>
[Alias("Interop.IHealthGrain")]
public interface IHealthGrain : IQueryGrain
{
    /// <summary>Checks each part now.</summary>
    [Alias("Check")]
    Task<ImmutableArray<ComponentHealth>> Check();
}

/// <summary>The state of one part of the system.</summary>
/// <param name="Component">The part that was checked.</param>
/// <param name="Problem">Null when it is well, else what is wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("Interop.ComponentHealth")]
public sealed record ComponentHealth(string Component, string? Problem);
