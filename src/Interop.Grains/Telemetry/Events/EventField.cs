namespace Interop.Telemetry.Events;

/// <summary>What an event tells outside its payload; the order of the columns.</summary>
internal enum EventField
{
    EventType,
    Timestamp,
    SourceSystem,
    SourceChannelId,
    SourceEnvironment,
    Organization,
    Qhin,
    Environment,
    Status,
    DurationMs,
    ResultCount,
    CorrelationId,
    CorrelationRequestId,
    CorrelationMessageId,
    ProtocolStandard,
    ProtocolInteractionId,
    EventId,
}
