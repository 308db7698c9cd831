using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Interop.Anomaly;
using Interop.Anomaly.Events;
using Interop.Fhir.Client;

namespace Interop.Polling;

/// <summary>An AuditEvent as received and as read.</summary>
/// <param name="Event">As read.</param>
/// <param name="Raw">The bytes to store.</param>
/// <param name="OtherPatients">The event's patients but the first.</param>
public sealed record IncomingEvent(AccessEvent Event, ReadOnlyMemory<byte> Raw, IReadOnlyCollection<string> OtherPatients);

/// <summary>The AuditEvents of a page or of a notification.</summary>
public static class IncomingEvents
{
    /// <summary>The events of a page. OperationOutcomes and empty entries are no events.</summary>
    public static List<IncomingEvent> Of(BundlePage page, DateTimeOffset now)
    {
        var events = new List<IncomingEvent>(page.Entries.Count);
        foreach (var entry in page.Entries)
        {
            if (entry.Resource.IsEmpty || entry.SearchMode is "outcome" or "include")
                continue;
            if (ResourceHeader.Read(entry.Resource.Span).ResourceType is "OperationOutcome")
                continue;
            events.Add(Read(entry.Resource, now));
        }

        return events;
    }

    /// <summary>An AuditEvent or a Bundle of them, as a server sends it by itself.</summary>
    /// <param name="json">The body.</param>
    /// <param name="now">The time of an event without one.</param>
    /// <param name="isBundle">The body is a Bundle.</param>
    /// <param name="problem">What is wrong with the body; null: nothing.</param>
    public static List<IncomingEvent> OfNotification(string json, DateTimeOffset now, out bool isBundle, out string? problem)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        problem = null;
        isBundle = false;
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 512 });
            var type = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Text("resourceType") : null;
            if (type == "AuditEvent")
                return [Read(utf8, now)];
            if (type != "Bundle")
            {
                problem = $"resourceType: must be AuditEvent, or Bundle with AuditEvents, not '{type}'";
                return [];
            }

            isBundle = true;
            var page = BundlePage.Parse(utf8);
            if (
                page
                    .Entries.Select((e, i) => (Type: e.Resource.IsEmpty ? null : ResourceHeader.Read(e.Resource.Span).ResourceType, i))
                    .FirstOrDefault(e => e.Type is not ("AuditEvent" or "SubscriptionStatus" or "Parameters")) is
                { Type: not null } other
            )
                problem = $"Bundle.entry[{other.i}].resource: must be an AuditEvent, not '{other.Type}'";
            return problem is null ? [.. Of(page, now).Where(e => !e.Event.Flags.HasFlag(AccessFlags.OtherResource))] : [];
        }
        catch (JsonException e)
        {
            problem = $"not one complete JSON document ({e.Message})";
            return [];
        }
    }

    private static IncomingEvent Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now)
    {
        try
        {
            var e = AuditEventReader.Read(utf8, now, out var otherPatients);
            // Without an id the content itself is the id: the same bytes are the same event.
            return new IncomingEvent(e.Id.Length > 0 ? e : e with { Id = ContentId(utf8.Span) }, Storable(utf8), otherPatients);
        }
        catch (JsonException) // deeper than any AuditEvent, or not an object: it cannot be read
        {
            return new IncomingEvent(Unreadable(ContentId(utf8.Span), now), AsJsonString(utf8.Span), []);
        }
    }

    /// <summary>The bytes as received. PostgreSQL refuses text that is not UTF-8: there each wrong byte becomes U+FFFD.</summary>
    private static ReadOnlyMemory<byte> Storable(ReadOnlyMemory<byte> utf8) =>
        Utf8.IsValid(utf8.Span) ? utf8 : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8.Span));

    /// <summary>PostgreSQL refuses JSON that is nested too deep, but not as a string.</summary>
    private static byte[] AsJsonString(ReadOnlySpan<byte> utf8) => JsonSerializer.SerializeToUtf8Bytes(Encoding.UTF8.GetString(utf8));

    private static string ContentId(ReadOnlySpan<byte> utf8) => $"sha256-{Convert.ToHexStringLower(SHA256.HashData(utf8)[..16])}";

    private static AccessEvent Unreadable(string id, DateTimeOffset now) =>
        new(
            id,
            null,
            null,
            now,
            "",
            null,
            null,
            null,
            AccessKind.Other,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            false,
            0,
            0,
            AccessFlags.WrongTypes
        );
}
