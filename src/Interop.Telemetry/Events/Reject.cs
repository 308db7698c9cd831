using System.Text;

namespace Interop.Telemetry.Events;

/// <summary>A body or an element that was not accepted, in the form in which it is stored.</summary>
/// <param name="Reason">Why it was not accepted.</param>
/// <param name="EventId">Its event id, if it has one.</param>
/// <param name="Raw">The first 4 KiB, as text that each database takes.</param>
internal sealed record Reject(string Reason, string? EventId, string Raw)
{
    public const string Reused = "eventId reused";
    public const string RefusedByDatabase = "refused by the database";
    private const int MaxRawBytes = 4 * 1024;
    private const int MaxEventIdLength = 512;

    public static Reject Of(string reason, ReadOnlySpan<byte> raw, string? eventId = null) =>
        new(
            reason,
            string.IsNullOrEmpty(eventId) ? null : TextStart.Of(eventId, MaxEventIdLength),
            Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, MaxRawBytes)]).Replace('\0', '\uFFFD')
        );
}
