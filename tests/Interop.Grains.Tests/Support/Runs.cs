using Interop.Ingestion;

namespace Interop.Grains.Tests.Support;

/// <summary>Runs through the grains, as the front end starts and follows them.</summary>
internal static class Runs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The request that the endpoint of the type makes.</summary>
    public static RunRequest Request(string type, bool full = false, string? patientId = null, MissingPatients? missing = null) =>
        new(
            patientId,
            full,
            missing
                ?? type switch
                {
                    "Observation" => MissingPatients.DeadLetter,
                    "Encounter" or "Condition" => MissingPatients.Fetch,
                    _ => MissingPatients.Ignore,
                },
            RunMeta.None
        );

    public static Task<RunSummary> RunAsync(
        this IClusterClient client,
        string source,
        string type,
        bool full = false,
        string? patientId = null,
        MissingPatients? missing = null
    ) => client.RunAsync(source, type, Request(type, full, patientId, missing));

    public static async Task<RunSummary> RunAsync(this IClusterClient client, string source, string type, RunRequest request) =>
        await client.EndOfAsync(await client.StartAsync(source, type, request));

    public static async Task<long> StartAsync(this IClusterClient client, string source, string type, RunRequest? request = null)
    {
        var started = await client.Checkpoint(source, type).StartRun(request ?? Request(type));
        Assert.Equal(StartOutcome.Started, started.Outcome);
        return started.RunId;
    }

    public static async Task<RunSummary> ReplayAsync(this IClusterClient client, string source, string type, long runId, string stage)
    {
        var started = await client.Checkpoint(source, type).StartReplay(runId, stage);
        Assert.Equal(StartOutcome.Started, started.Outcome);
        return await client.EndOfAsync(started.RunId);
    }

    /// <summary>Follows a run to its end.</summary>
    public static async Task<RunSummary> EndOfAsync(this IClusterClient client, long runId)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            await foreach (var progress in client.Run(runId).Follow(limit.Token))
            {
                if (!RunStatus.IsActive(progress.Status))
                    return await client.SummaryAsync(runId);
            }

            Assert.False(limit.IsCancellationRequested, $"run {runId} did not end within {Limit}");
        }
    }

    public static async Task<RunSummary> SummaryAsync(this IClusterClient client, long runId) =>
        await client.IngestionQueries().GetSummary(runId) ?? throw new InvalidOperationException($"no run {runId}");

    public static async Task<RunDetail> DetailAsync(this IClusterClient client, long runId) =>
        await client.IngestionQueries().GetRun(runId) ?? throw new InvalidOperationException($"no run {runId}");

    public static async Task<string> WarningsAsync(this IClusterClient client, long runId) =>
        (await client.DetailAsync(runId)).Details.Text;
}
