using System.Text.Json;
using Interop.Fhir.Json;

namespace Interop.Fhir.Client;

/// <summary>What a server's CapabilityStatement says about its searches and writes (FHIR R4, 5.1).</summary>
public static class CapabilityStatement
{
    /// <summary>
    /// Whether <c>_lastUpdated</c> can be searched and sorted by: false only when the server lists search parameters for the type
    /// and this is not among them. A server that lists none is assumed to support it.
    /// </summary>
    public static bool SupportsLastUpdated(ReadOnlyMemory<byte> utf8, string resourceType)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        foreach (var rest in Items(document.RootElement, "rest"))
        {
            foreach (var resource in Items(rest, "resource").Where(r => Is(r, "type", resourceType)))
            {
                var parameters = Items(resource, "searchParam").Concat(Items(rest, "searchParam")).ToList();
                return parameters.Count == 0 || parameters.Any(p => Is(p, "name", "_lastUpdated"));
            }
        }

        return true;
    }

    /// <summary>Whether the server says that it does Bulk Data exports.</summary>
    /// <param name="utf8">The statement.</param>
    /// <param name="ownerType">Patient or Group for an export of that level; null for one of the whole system.</param>
    public static bool OffersExport(ReadOnlyMemory<byte> utf8, string? ownerType)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        return Items(document.RootElement, "rest")
            .SelectMany(rest => ownerType is null ? [rest] : Items(rest, "resource").Where(r => Is(r, "type", ownerType)))
            .SelectMany(place => Items(place, "operation"))
            .Any(operation => Is(operation, "name", "export") || Is(operation, "name", "$export"));
    }

    /// <summary>Whether the server says that it gives the history of a type.</summary>
    public static bool OffersHistory(ReadOnlyMemory<byte> utf8, string resourceType)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        return Items(document.RootElement, "rest")
            .SelectMany(rest => Items(rest, "resource").Where(r => Is(r, "type", resourceType)))
            .SelectMany(resource => Items(resource, "interaction"))
            .Any(interaction => Is(interaction, "code", "history-type"));
    }

    /// <summary>
    /// Whether transactions can be sent: false only when the server lists its system-level interactions and this is not among them.
    /// </summary>
    public static bool SupportsTransactions(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        var interactions = Items(document.RootElement, "rest").SelectMany(rest => Items(rest, "interaction")).ToList();
        return interactions.Count == 0 || interactions.Any(i => Is(i, "code", "transaction"));
    }

    /// <summary>
    /// Whether resources of the types can be created and updated conditionally: false only when the server denies either for one of them.
    /// </summary>
    public static bool SupportsConditionalWrites(ReadOnlyMemory<byte> utf8, params IReadOnlyCollection<string> resourceTypes)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        return !Items(document.RootElement, "rest")
            .SelectMany(rest => Items(rest, "resource"))
            .Where(resource => resourceTypes.Any(type => Is(resource, "type", type)))
            .Any(resource => Denies(resource, "conditionalCreate") || Denies(resource, "conditionalUpdate"));
    }

    /// <summary>The server's <c>fhirVersion</c>, such as 4.0.1; null where it is not stated.</summary>
    public static string? FhirVersion(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        var root = document.RootElement;
        return
            root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("fhirVersion", out var version)
            && version.ValueKind == JsonValueKind.String
            ? version.GetString()
            : null;
    }

    /// <summary>Why a server of this <see cref="FhirVersion"/> cannot be read as R4, or null. A server that states no version is assumed to
    /// be R4.</summary>
    public static string? VersionProblem(string? fhirVersion) =>
        fhirVersion is null || fhirVersion.StartsWith("4.0.", StringComparison.Ordinal) || fhirVersion == "4.0"
            ? null
            : $"the server is FHIR {fhirVersion}; Interop reads FHIR R4 (4.0.1)";

    /// <summary>What the statement tells about which server this is.</summary>
    public static ServerIdentity Identity(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = JsonDepth.Limit });
        return new ServerIdentity(Member(document.RootElement, "software", "name"), Member(document.RootElement, "implementation", "url"));
    }

    /// <summary>A text that can be stored and shown; null for none, and for text that no server needs here.</summary>
    private static string? Member(JsonElement root, string parent, string name)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty(parent, out var element)
            || element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty(name, out var value)
            || value.ValueKind != JsonValueKind.String
        )
            return null;
        try
        {
            return value.GetString() is { Length: > 0 and <= ServerIdentity.MaxLength } text && !text.Any(char.IsControl) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate
        }
    }

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object)
            : [];

    private static bool Denies(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    private static bool Is(JsonElement element, string name, string value) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String && text.ValueEquals(value);
}

/// <summary>Which server a CapabilityStatement is of (<c>software.name</c> and <c>implementation.url</c>); null where it does not
/// tell.</summary>
/// <param name="Software">The product, without its version: a server may be upgraded.</param>
/// <param name="Url">The URL under which the server knows itself.</param>
public sealed record ServerIdentity(string? Software, string? Url)
{
    internal const int MaxLength = 500;

    /// <summary>Nothing is known.</summary>
    public static ServerIdentity Unknown { get; } = new(null, null);

    /// <summary>Whether both are told and differ. Scheme, port and a slash at the end of the URL do not matter: a proxy may change
    /// them.</summary>
    public bool IsOtherThan(ServerIdentity known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return (Software is not null && known.Software is not null && Software != known.Software)
            || (Url is not null && known.Url is not null && Place(Url) != Place(known.Url));
    }

    /// <summary>What is told here, and for the rest what was known.</summary>
    public ServerIdentity Or(ServerIdentity known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return new ServerIdentity(Software ?? known.Software, Url ?? known.Url);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        (Software, Url) switch
        {
            (null, null) => "unknown",
            (null, _) => Url,
            (_, null) => Software,
            _ => $"{Software} at {Url}",
        };

    private static string Place(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
            ? $"{parsed.Host}{parsed.AbsolutePath.TrimEnd('/')}".ToLowerInvariant()
            : url.TrimEnd('/');
}
