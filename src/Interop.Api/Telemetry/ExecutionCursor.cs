using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Interop.Telemetry;

namespace Interop.Api.Telemetry;

/// <summary>The cursor of the list of executions: the last one's time of completion (UTC ticks) and id, in Base64Url.</summary>
internal static class ExecutionCursor
{
    private const int MaxLength = 4_096;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static string Write(PdExecution last)
    {
        var id = Encoding.UTF8.GetBytes(last.ExecutionId);
        var bytes = new byte[sizeof(long) + id.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, last.CompletedAt.UtcTicks);
        id.CopyTo(bytes, sizeof(long));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Null: the text is no cursor.</summary>
    public static ExecutionPosition? Read(string cursor)
    {
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(cursor);
            var ticks = bytes.Length > sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : -1;
            var id = ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? Strict.GetString(bytes.AsSpan(sizeof(long))) : "";
            return id.Length > 0 && !id.Contains('\0', StringComparison.Ordinal) ? new(new DateTimeOffset(ticks, TimeSpan.Zero), id) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
