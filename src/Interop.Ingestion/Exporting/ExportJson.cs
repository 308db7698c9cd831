using System.Text.Encodings.Web;
using System.Text.Json;

namespace Interop.Ingestion.Exporting;

/// <summary>Writes exported lines: snake_case keys, text unescaped where JSON allows it.</summary>
internal static class ExportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Serialize<T>(T value) => JsonSerializer.Serialize(value, Options);
}
