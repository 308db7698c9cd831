using Orleans.Runtime;

namespace Orleans
{
    /// <summary>A silo in the membership table.</summary>
    [GenerateSerializer]
    public sealed class MembershipEntry
    {
        [Id(0)]
        public SiloAddress SiloAddress { get; set; } = null!;

        [Id(1)]
        public SiloStatus Status { get; set; }

        [Id(3)]
        public int ProxyPort { get; set; }

        [Id(4)]
        public string HostName { get; set; } = "";

        [Id(5)]
        public string SiloName { get; set; } = "";

        [Id(9)]
        public DateTime StartTime { get; set; }

        [Id(10)]
        public DateTime IAmAliveTime { get; set; }
    }
}

namespace Orleans.Runtime
{
    [GenerateSerializer]
    public enum SiloStatus
    {
        None = 0,
        Created = 1,
        Joining = 2,
        Active = 3,
        ShuttingDown = 4,
        Stopping = 5,
        Dead = 6,
    }

    /// <summary>How many activations of one class a silo has.</summary>
    [GenerateSerializer, Immutable]
    public sealed class SimpleGrainStatistic
    {
        /// <summary>The full name of the grain class, a comma, its assembly.</summary>
        [Id(0)]
        public string GrainType { get; init; } = "";

        [Id(1)]
        public SiloAddress SiloAddress { get; init; } = null!;

        [Id(2)]
        public int ActivationCount { get; init; }
    }

    /// <summary>One activation.</summary>
    [GenerateSerializer, Immutable]
    public sealed class DetailedGrainStatistic
    {
        /// <summary>The full name of the grain class, a comma, its assembly.</summary>
        [Id(0)]
        public string GrainType { get; init; } = "";

        [Id(1)]
        public SiloAddress SiloAddress { get; init; } = null!;

        [Id(2)]
        public GrainId GrainId { get; init; }
    }

    /// <summary>Reports the state of the cluster: <c>GetGrain&lt;IManagementGrain&gt;(0)</c>.</summary>
    public interface IManagementGrain : IGrainWithIntegerKey
    {
        Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false);

        Task<MembershipEntry[]> GetDetailedHosts(bool onlyActive = false);

        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics();

        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds);

        Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null);

        Task<int> GetTotalActivationCount();

        /// <summary>Ends the activations that have been idle for this long.</summary>
        Task ForceActivationCollection(TimeSpan ageLimit);

        /// <inheritdoc cref="ForceActivationCollection(TimeSpan)"/>
        Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit);
    }
}
