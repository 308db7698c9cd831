using Interop.Anomaly;

namespace Interop.Polling;

/// <summary>The calls of a batch to the profiles of its agents.</summary>
internal static class ProfileGrains
{
    /// <summary>One call per agent, at the same time.</summary>
    public static async Task AskAsync(this IGrainFactory grains, SourceBatch batch)
    {
        var observed = await Task.WhenAll(
            batch.Requests.Select(r =>
                grains.GetGrain<IAccessProfileGrain>(AccessProfileGrain.Key(batch.Source, r.Agent)).Observe(r.Request)
            )
        );
        for (var i = 0; i < observed.Length; i++)
            batch.Take(i, observed[i]);
    }
}
