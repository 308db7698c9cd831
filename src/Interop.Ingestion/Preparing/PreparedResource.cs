using System.Text.Json;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Fetching;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Views;

namespace Interop.Ingestion.Preparing;

/// <summary>One resource of a page: ready to be loaded, or failed.</summary>
internal sealed class PreparedResource(IncomingResource incoming, string resourceType, string? id, ResourceVersion version)
{
    public IncomingResource Incoming { get; } = incoming;

    public string ResourceType { get; } = resourceType;

    /// <summary>Null only for a failed resource.</summary>
    public string? Id { get; } = id;

    public ResourceVersion Version { get; } = version;

    /// <summary>Recognises this version when it comes again. Without an id only the content distinguishes it from others.</summary>
    public string Key => StorableText.OfId(Id is null ? Version.ContentKey : Version.Key)!;

    /// <summary>Why it cannot be loaded; null when it can.</summary>
    public Failure? Failure { get; set; }

    /// <summary>This version was in the database when the page was prepared: it was not validated again and has no rows.</summary>
    public bool AlreadyStored { get; set; }

    /// <summary>It wins over a stored version that cannot be compared with it: it was read from the server to settle a tie, or it comes
    /// from a file, where the later one decides.</summary>
    public bool WinsTies { get; init; }

    /// <summary>Its row in <see cref="PreparedPage.ResourceRows"/>; -1 when it has none.</summary>
    public int ResourceRow { get; set; } = -1;

    /// <summary>Its rows in <see cref="PreparedPage.Rows"/>.</summary>
    public List<(ViewTable Table, int First, int Count)> Rows { get; } = [];

    /// <summary>Users' views that have no rows of it, and why.</summary>
    public List<(ViewTable Table, string Error)> ViewFailures { get; } = [];

    /// <summary>The patient that it points to.</summary>
    public string? PatientId { get; set; }

    /// <summary>Parsed while the page is being prepared; null afterwards.</summary>
    public JsonDocument? Document { get; set; }

    /// <summary>Only resources of the search itself are counted as fetched.</summary>
    public bool IsCounted => Incoming.Kind is EntryKind.Match or EntryKind.Malformed;

    /// <summary>The dead letter of a failed resource.</summary>
    public NewLetter Letter => new(ResourceType, Id, Version, Key, NamePlace(Failure!), Incoming.Raw);

    private Failure NamePlace(Failure failure) =>
        Incoming.Place is { } place && failure.Stage == DeadLetterStage.Validate
            ? failure with
            {
                Error = $"{failure.Error} ({place})",
            }
            : failure;
}
