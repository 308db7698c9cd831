namespace Orleans.Configuration;

/// <summary>The names under which state and reminders are stored.</summary>
public class ClusterOptions
{
    public const string DefaultClusterId = "default";
    public const string DefaultServiceId = "default";

    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>Part of every key in the database: it must not change over the life of a deployment.</summary>
    public string ServiceId { get; set; } = DefaultServiceId;
}

/// <summary>Options of calls.</summary>
public abstract class MessagingOptions
{
    /// <summary>How long a caller waits for a result. The grain continues after the timeout.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Options of the calls that leave from the silo.</summary>
public class SiloMessagingOptions : MessagingOptions;

/// <summary>Options of the calls that leave from a client of a test cluster.</summary>
public class ClientMessagingOptions : MessagingOptions;

/// <summary>The name of the silo.</summary>
public class SiloOptions
{
    public string SiloName { get; set; } = "";
}

/// <summary>How long activations live.</summary>
public class GrainCollectionOptions
{
    public static readonly TimeSpan DEFAULT_COLLECTION_QUANTUM = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan DEFAULT_ACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DEFAULT_DEACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);

    /// <summary>How often idle activations are collected.</summary>
    public TimeSpan CollectionQuantum { get; set; } = DEFAULT_COLLECTION_QUANTUM;

    /// <summary>How long an activation may be idle; longer than <see cref="CollectionQuantum"/>.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>By full class name; overrides <see cref="CollectionAge"/> and <c>[CollectionAgeLimit]</c>.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    public TimeSpan ActivationTimeout { get; set; } = DEFAULT_ACTIVATION_TIMEOUT;

    /// <summary>Time for the running requests and <c>OnDeactivateAsync</c> together.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = DEFAULT_DEACTIVATION_TIMEOUT;
}

/// <summary>Options of a memory storage; there are none on the embedded engine.</summary>
public class MemoryGrainStorageOptions;

/// <summary>Options of a storage in a database.</summary>
public class AdoNetGrainStorageOptions
{
    public const string DEFAULT_ADONET_INVARIANT = "Microsoft.Data.SqlClient";

    /// <summary><c>Npgsql</c>, or <c>System.Data.SQLite</c>.</summary>
    public string Invariant { get; set; } = DEFAULT_ADONET_INVARIANT;

    public string? ConnectionString { get; set; }

    /// <summary>Clearing a state deletes its row, instead of keeping the row with its version.</summary>
    public bool DeleteStateOnClear { get; set; }
}

/// <summary>Options of reminders in a database.</summary>
public class AdoNetReminderTableOptions
{
    /// <summary><c>Npgsql</c>, or, on the embedded engine only, <c>System.Data.SQLite</c>.</summary>
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    public string? ConnectionString { get; set; }
}

/// <summary>Options of a cluster's membership table, which the embedded engine does not have.</summary>
public class AdoNetClusteringSiloOptions
{
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    public string? ConnectionString { get; set; }
}

/// <summary>Options of a client's access to the membership table, which the embedded engine does not have.</summary>
public class AdoNetClusteringClientOptions
{
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    public string? ConnectionString { get; set; }
}
