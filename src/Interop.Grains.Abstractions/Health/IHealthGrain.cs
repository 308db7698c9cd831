using System.Collections.Immutable;

namespace Interop.Health;

/// <summary>Whether the parts that every request needs are there. That it answers at all says that the engine works.</summary>
[Alias("Interop.IHealthGrain")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>Looks at each part now.</summary>
    [Alias("Check")]
    Task<ImmutableArray<ComponentHealth>> Check();
}

/// <param name="Component">What was looked at.</param>
/// <param name="Problem">Null when it is well, else what is wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("Interop.ComponentHealth")]
public sealed record ComponentHealth(string Component, string? Problem);
