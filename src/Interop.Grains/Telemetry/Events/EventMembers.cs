using System.Text;
using System.Text.Json;

namespace Interop.Telemetry.Events;

/// <summary>Where the two shapes of an event have its fields: the flat one at the top, the nested one in objects.</summary>
internal static class EventMembers
{
    private static readonly Member[] Top =
    [
        new("eventId", EventField.EventId),
        new("eventType", EventField.EventType),
        new("timestampUtc", EventField.Timestamp),
        new("timestamp", EventField.Timestamp),
        new("source", EventField.SourceSystem, [
            new("system", EventField.SourceSystem), new("channelId", EventField.SourceChannelId), new("environment", EventField.SourceEnvironment)]),
        new("protocol", EventField.ProtocolStandard, [
            new("standard", EventField.ProtocolStandard), new("interactionId", EventField.ProtocolInteractionId)]),
        new("interactionId", EventField.ProtocolInteractionId),
        new("organization", EventField.Organization),
        new("qhin", EventField.Qhin),
        new("environment", EventField.Environment),
        new("status", EventField.Status),
        new("durationMs", EventField.DurationMs),
        new("resultCount", EventField.ResultCount),
        new("correlationId", EventField.CorrelationId),
        new("correlation", null, [
            new("requestId", EventField.CorrelationRequestId), new("messageId", EventField.CorrelationMessageId)]),
        new("execution", null, [new("durationMs", EventField.DurationMs)]),
        new("outcome", null, [new("status", EventField.Status), new("resultCount", EventField.ResultCount)]),
    ];

    /// <summary>The member under the reader, which stands on its name; <paramref name="parent"/> null: at the top.</summary>
    public static Member? Find(ref Utf8JsonReader reader, Member? parent)
    {
        foreach (var member in parent?.Members ?? Top)
        {
            if (reader.ValueTextEquals(member.Name))
                return member;
        }

        return null;
    }

    /// <param name="name">As the payload has it.</param>
    /// <param name="field">What a plain value under this name is; null: nothing.</param>
    /// <param name="members">What an object under this name holds.</param>
    public sealed class Member(string name, EventField? field, Member[]? members = null)
    {
        public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

        public EventField? Field { get; } = field;

        public Member[] Members { get; } = members ?? [];
    }
}
