namespace Interop.Ingestion;

/// <summary>Where a run's resources come from, spelled as in the settings, the database and the API.</summary>
public static class RunMode
{
    /// <summary>A search, page by page.</summary>
    public const string Search = "search";

    /// <summary>The server's CapabilityStatement decides: bulk for a first load, history after it, each where the server offers it, else
    /// search.</summary>
    public const string Auto = "auto";

    /// <summary>Bulk Data (<c>$export</c>).</summary>
    public const string Bulk = "bulk";

    /// <summary>The history of the type, with its deletions. A first load is a search.</summary>
    public const string History = "history";

    /// <summary>Files of this machine.</summary>
    public const string Files = "files";

    /// <summary>Compares the ids of the server with those that are stored; loads what is missing here and deletes what is gone
    /// there.</summary>
    public const string Reconcile = "reconcile";

    /// <summary>Stands for all resource types in a run that reads files.</summary>
    public const string EveryType = "*";

    /// <summary>The modes that a caller may choose for a server, in the order of the documentation.</summary>
    public static IReadOnlyList<string> OfServers { get; } = [Search, Bulk, History, Auto, Reconcile];
}
