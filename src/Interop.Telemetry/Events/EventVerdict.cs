namespace Interop.Telemetry.Events;

/// <summary>The result for one event of a batch.</summary>
internal enum EventVerdict
{
    /// <summary>The event is durable.</summary>
    Kept,

    /// <summary>Its id belongs to an event of other content.</summary>
    Reused,

    /// <summary>The database refuses this event, and will always refuse it.</summary>
    Refused,

    /// <summary>There was no room. The sender may send it again.</summary>
    NotKept,
}
