using System.Text;

namespace Interop.Telemetry.Events;

/// <summary>What was not accepted, as it is kept.</summary>
/// <param name="Raw">The beginning of what came, as text that any database takes.</param>
internal sealed record Reject(string Reason, string? EventId, string Raw)
{
    public const string Reused = "eventId reused";
    private const int MaxRawBytes = 4 * 1024;
    private const int MaxEventIdLength = 512;

    public static Reject Of(string reason, ReadOnlySpan<byte> raw, string? eventId = null) => new(
        reason,
        string.IsNullOrEmpty(eventId) ? null : eventId.Length > MaxEventIdLength ? eventId[..MaxEventIdLength] : eventId,
        Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, MaxRawBytes)]).Replace('\0', '\uFFFD'));
}
