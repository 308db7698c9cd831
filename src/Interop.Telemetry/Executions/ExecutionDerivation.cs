using System.Text.Json;
using Interop.Telemetry.Events;

namespace Interop.Telemetry.Executions;

/// <summary>A PD execution that was derived from an event.</summary>
internal sealed record DerivedExecution(
    string ExecutionId,
    DateTimeOffset StartedAt,
    DateTimeOffset CompletedAt,
    long DurationMs,
    string Status,
    long RequestCount,
    string? Organization,
    string? Qhin
);

/// <summary>Derives PD executions from events of type <c>pd.request.completed</c>.</summary>
internal static class ExecutionDerivation
{
    public const string Success = "success";
    public const string Failure = "failure";
    private const int MaxIdLength = 512; // it is a key
    private const int MaxNameLength = 200;
    private static readonly string[] SuccessWords = ["success", "succeeded", "ok", "true"];

    /// <summary>Whether executions are derived from events of this type. The comparison ignores case.</summary>
    public static bool Applies(ReadOnlySpan<byte> eventType) => System.Text.Ascii.EqualsIgnoreCase(eventType, "pd.request.completed"u8);

    /// <summary>The execution, or the reason why none can be derived.</summary>
    public static (DerivedExecution? Execution, string? Problem) Derive(ReadOnlyMemory<byte> payload, string eventId)
    {
        using var document = JsonDocument.Parse(payload);
        try
        {
            return Derive(document.RootElement, eventId);
        }
        catch (InvalidOperationException)
        {
            return (null, "a member name has a lone surrogate");
        }
    }

    private static (DerivedExecution? Execution, string? Problem) Derive(JsonElement root, string eventId)
    {
        if ((Instant(root, "completedAt", "completed_at") ?? Instant(root, "timestamp", "timestampUtc")) is not { } completed)
            return (null, "no completedAt, timestamp or timestampUtc");

        var duration = Number(root, "durationMs", "duration_ms");
        if ((Instant(root, "startedAt", "started_at") ?? Before(completed, duration)) is not { } started)
            return (null, "neither startedAt nor durationMs");
        duration ??= (long)Math.Round((completed - started).TotalMilliseconds);
        if (duration < 0)
            return (null, "its end is before its start");

        var id =
            Text(Member(root, "correlation"), "requestId")
            ?? Text(root, "executionId", "execution_id", "requestId", "request_id")
            ?? eventId;
        if (id.Length > MaxIdLength)
            return (null, $"its id is longer than {MaxIdLength} characters");
        return (
            new DerivedExecution(
                id,
                started,
                completed,
                duration.Value,
                SuccessWords.Contains(Status(root), StringComparer.OrdinalIgnoreCase) ? Success : Failure,
                Number(root, "resultCount", "result_count") ?? Number(root, "requestCount", "request_count") ?? 1,
                Name(root, "organization"),
                Name(root, "qhin")
            ),
            null
        );
    }

    private static DateTimeOffset? Before(DateTimeOffset completed, long? durationMs) =>
        durationMs is { } ms && ms >= 0 && ms <= (completed - DateTimeOffset.MinValue).TotalMilliseconds
            ? completed.AddMilliseconds(-ms)
            : null;

    private static string? Status(JsonElement root) =>
        Find(root, "status") is { } status
            ? status.ValueKind switch
            {
                JsonValueKind.True => "true",
                JsonValueKind.String => TextOf(status),
                _ => null,
            }
            : null;

    private static DateTimeOffset? Instant(JsonElement root, params ReadOnlySpan<string> names) =>
        Text(root, names) is { } text ? EventInstant.Parse(System.Text.Encoding.UTF8.GetBytes(text)) : null;

    /// <summary>A name by which a summary groups. A longer one is cut, because a summary lists many names.</summary>
    private static string? Name(JsonElement root, string name) => Text(root, name) is { } text ? TextStart.Of(text, MaxNameLength) : null;

    private static string? Text(JsonElement? parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Find(parent, name) is { ValueKind: JsonValueKind.String } value && TextOf(value) is { Length: > 0 } text)
                return text;
        }

        return null;
    }

    private static long? Number(JsonElement root, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (
                Find(root, name) is { ValueKind: JsonValueKind.Number } value
                && value.TryGetDouble(out var number)
                && Math.Abs(number) < long.MaxValue
            )
                return (long)Math.Round(number);
        }

        return null;
    }

    /// <summary>The member at the top (flat shape), or in <c>execution</c> or <c>outcome</c> (nested shape).</summary>
    private static JsonElement? Find(JsonElement? parent, string name) =>
        Member(parent, name) ?? Member(Member(parent, "execution"), name) ?? Member(Member(parent, "outcome"), name);

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } found
        && found.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()?.Replace('\0', '\uFFFD');
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate
        }
    }
}
