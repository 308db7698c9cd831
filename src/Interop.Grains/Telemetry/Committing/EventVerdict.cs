namespace Interop.Telemetry.Committing;

/// <summary>What became of one event.</summary>
internal enum EventVerdict
{
    /// <summary>Durable.</summary>
    Kept,

    /// <summary>Its id belongs to an event of other content.</summary>
    Reused,

    /// <summary>The database refuses this event, and always will.</summary>
    Refused,

    /// <summary>There was no room; it may come again.</summary>
    NotKept,
}
