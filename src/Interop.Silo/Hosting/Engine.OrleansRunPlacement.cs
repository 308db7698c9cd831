using Orleans.Runtime.Placement;

namespace Interop.Silo.Hosting;

/// <summary>
/// Spreads runs evenly: the ids are divided into blocks of as many ids as there are silos, and each silo gets one run of a block. Runs are
/// the only grains with <see cref="HashBasedPlacement"/>. The number of activations, which another director of Orleans uses, says little
/// about runs: a silo with many small grains would get no run.
/// </summary>
internal sealed class RunPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint)
            return Task.FromResult(hint);
        Array.Sort(silos); // every silo makes the same choice
        var run = target.GrainIdentity.TryGetIntegerKey(out var key, out _) ? key : target.GrainIdentity.GetUniformHashCode();
        return Task.FromResult(silos[IndexOf(run, silos.Length)]);
    }

    /// <summary>
    /// The index of a run's silo. Each block of ids begins at another silo, because schedules start runs of the same types in the same
    /// order, and the runs of the largest type would meet on one silo.
    /// </summary>
    internal static int IndexOf(long run, int silos)
    {
        var block = (ulong)run / (ulong)silos;
        var start = (block * 0x9E3779B97F4A7C15) >> 32; // Fibonacci hashing
        return (int)(((ulong)run % (ulong)silos + start) % (ulong)silos);
    }
}
