using Orleans.Runtime;

namespace Orleans
{
    /// <summary>A silo in the membership table.</summary>
    [GenerateSerializer]
    public sealed class MembershipEntry
    {
        /// <summary>The address of the silo.</summary>
        [Id(0)]
        public SiloAddress SiloAddress { get; set; } = null!;

        /// <summary>The status of the silo.</summary>
        [Id(1)]
        public SiloStatus Status { get; set; }

        /// <summary>The port for clients; 0 when there is none.</summary>
        [Id(3)]
        public int ProxyPort { get; set; }

        /// <summary>The name of the machine.</summary>
        [Id(4)]
        public string HostName { get; set; } = "";

        /// <summary>The name of the silo.</summary>
        [Id(5)]
        public string SiloName { get; set; } = "";

        /// <summary>When the silo started, in UTC.</summary>
        [Id(9)]
        public DateTime StartTime { get; set; }

        /// <summary>When the silo last reported that it is alive, in UTC.</summary>
        [Id(10)]
        public DateTime IAmAliveTime { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>The status of a silo in its life, in this order.</summary>
    [GenerateSerializer]
    public enum SiloStatus
    {
        /// <summary>Unknown.</summary>
        None = 0,

        /// <summary>Created, not started.</summary>
        Created = 1,

        /// <summary>Starting.</summary>
        Joining = 2,

        /// <summary>Runs grains.</summary>
        Active = 3,

        /// <summary>Stopping gracefully.</summary>
        ShuttingDown = 4,

        /// <summary>Stopping at once.</summary>
        Stopping = 5,

        /// <summary>Ended.</summary>
        Dead = 6,
    }

    /// <summary>How many activations of one class a silo has.</summary>
    [GenerateSerializer, Immutable]
    public sealed class SimpleGrainStatistic
    {
        /// <summary>The full name of the grain class, a comma, its assembly.</summary>
        [Id(0)]
        public string GrainType { get; init; } = "";

        /// <summary>The silo.</summary>
        [Id(1)]
        public SiloAddress SiloAddress { get; init; } = null!;

        /// <summary>The number of activations.</summary>
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

        /// <summary>The silo.</summary>
        [Id(1)]
        public SiloAddress SiloAddress { get; init; } = null!;

        /// <summary>The grain.</summary>
        [Id(2)]
        public GrainId GrainId { get; init; }
    }

    /// <summary>Reports the state of the cluster: <c>GetGrain&lt;IManagementGrain&gt;(0)</c>.</summary>
    public interface IManagementGrain : IGrainWithIntegerKey
    {
        /// <summary>The silos with their status; without <paramref name="onlyActive"/> also those that have ended.</summary>
        Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false);

        /// <summary>The entries of the silos; without <paramref name="onlyActive"/> also those that have ended.</summary>
        Task<MembershipEntry[]> GetDetailedHosts(bool onlyActive = false);

        /// <summary>The numbers of activations, by silo and grain class.</summary>
        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics();

        /// <summary>The numbers of activations on these silos, by silo and grain class.</summary>
        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds);

        /// <summary>The activations of these grain classes on these silos; null: of all.</summary>
        Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null);

        /// <summary>The number of activations in the cluster.</summary>
        Task<int> GetTotalActivationCount();

        /// <summary>Ends the activations that have been idle for this long.</summary>
        Task ForceActivationCollection(TimeSpan ageLimit);

        /// <inheritdoc cref="ForceActivationCollection(TimeSpan)"/>
        Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit);
    }
}
