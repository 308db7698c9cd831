using Orleans.Activations;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Management;

/// <inheritdoc cref="IManagementGrain"/>
[StatelessWorker(1), Reentrant, GrainType("sys.management")]
internal sealed class ManagementGrain(SiloContext silo) : Grain, IManagementGrain
{
    public Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false) =>
        Task.FromResult(new Dictionary<SiloAddress, SiloStatus> { [silo.Address] = silo.Status });

    public Task<MembershipEntry[]> GetDetailedHosts(bool onlyActive = false) =>
        Task.FromResult<MembershipEntry[]>([
            new()
            {
                SiloAddress = silo.Address,
                SiloName = silo.Name,
                HostName = Environment.MachineName,
                Status = silo.Status,
                StartTime = silo.StartTime,
                IAmAliveTime = silo.Time.GetUtcNow().UtcDateTime,
            },
        ]);

    public Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics() =>
        Task.FromResult<SimpleGrainStatistic[]>([
            .. silo
                .Catalog.Activations.GroupBy(a => a.Class)
                .Select(activations => new SimpleGrainStatistic
                {
                    GrainType = activations.Key.StatisticsName,
                    SiloAddress = silo.Address,
                    ActivationCount = activations.Count(),
                }),
        ]);

    public async Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds) =>
        hostsIds.Contains(silo.Address) ? await GetSimpleGrainStatistics() : [];

    public Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null) =>
        Task.FromResult<DetailedGrainStatistic[]>([
            .. silo
                .Catalog.Activations.Where(a => types is null || types.Contains(a.Class.StatisticsName))
                .Where(_ => hostsIds is null || hostsIds.Contains(silo.Address))
                .Select(a => new DetailedGrainStatistic
                {
                    GrainType = a.Class.StatisticsName,
                    SiloAddress = silo.Address,
                    GrainId = a.GrainId,
                }),
        ]);

    public Task<int> GetTotalActivationCount() => Task.FromResult(silo.Catalog.Activations.Count());

    public Task ForceActivationCollection(TimeSpan ageLimit) => silo.Collector.CollectAsync(ageLimit);

    public Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit) =>
        hostsIds.Contains(silo.Address) ? ForceActivationCollection(ageLimit) : Task.CompletedTask;
}
