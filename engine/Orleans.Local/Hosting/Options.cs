namespace Orleans.Configuration;

/// <summary>The names under which state and reminders are stored.</summary>
public class ClusterOptions
{
    /// <summary>The default of <see cref="ClusterId"/>.</summary>
    public const string DefaultClusterId = "default";

    /// <summary>The default of <see cref="ServiceId"/>.</summary>
    public const string DefaultServiceId = "default";

    /// <summary>Silos with the same id form a cluster. No effect on the embedded engine.</summary>
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
    /// <summary>The name in log messages and management answers; empty: <c>Silo_</c> and the machine's name.</summary>
    public string SiloName { get; set; } = "";
}

/// <summary>How long activations live.</summary>
public class GrainCollectionOptions
{
    /// <summary>The default of <see cref="CollectionQuantum"/>.</summary>
    public static readonly TimeSpan DEFAULT_COLLECTION_QUANTUM = TimeSpan.FromMinutes(1);

    /// <summary>The default of <see cref="ActivationTimeout"/>.</summary>
    public static readonly TimeSpan DEFAULT_ACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);

    /// <summary>The default of <see cref="DeactivationTimeout"/>.</summary>
    public static readonly TimeSpan DEFAULT_DEACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);

    /// <summary>How often idle activations are collected.</summary>
    public TimeSpan CollectionQuantum { get; set; } = DEFAULT_COLLECTION_QUANTUM;

    /// <summary>How long an activation may be idle; longer than <see cref="CollectionQuantum"/>.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>By full class name; overrides <see cref="CollectionAge"/> and <c>[CollectionAgeLimit]</c>.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    /// <summary>Time for reading the state and <c>OnActivateAsync</c> together.</summary>
    public TimeSpan ActivationTimeout { get; set; } = DEFAULT_ACTIVATION_TIMEOUT;

    /// <summary>Time for the running requests and <c>OnDeactivateAsync</c> together.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = DEFAULT_DEACTIVATION_TIMEOUT;
}

/// <summary>Options of a memory storage; there are none on the embedded engine.</summary>
public class MemoryGrainStorageOptions;

/// <summary>Options of a storage in a database.</summary>
public class AdoNetGrainStorageOptions
{
    /// <summary>The default of <see cref="Invariant"/>.</summary>
    public const string DEFAULT_ADONET_INVARIANT = "Microsoft.Data.SqlClient";

    /// <summary><c>Npgsql</c>, or <c>System.Data.SQLite</c>.</summary>
    public string Invariant { get; set; } = DEFAULT_ADONET_INVARIANT;

    /// <summary>The connection string for the ADO.NET provider.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Clearing a state deletes its row, instead of keeping the row with its version.</summary>
    public bool DeleteStateOnClear { get; set; }
}

/// <summary>Options of reminders in a database.</summary>
public class AdoNetReminderTableOptions
{
    /// <summary><c>Npgsql</c>, or, on the embedded engine only, <c>System.Data.SQLite</c>.</summary>
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    /// <summary>The connection string for the ADO.NET provider.</summary>
    public string? ConnectionString { get; set; }
}

/// <summary>Options of a cluster's membership table, which the embedded engine does not have.</summary>
public class AdoNetClusteringSiloOptions
{
    /// <summary>The invariant name of the ADO.NET provider.</summary>
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    /// <summary>The connection string for the ADO.NET provider.</summary>
    public string? ConnectionString { get; set; }
}

/// <summary>Options of a client's access to the membership table, which the embedded engine does not have.</summary>
public class AdoNetClusteringClientOptions
{
    /// <summary>The invariant name of the ADO.NET provider.</summary>
    public string Invariant { get; set; } = "Microsoft.Data.SqlClient";

    /// <summary>The connection string for the ADO.NET provider.</summary>
    public string? ConnectionString { get; set; }
}
