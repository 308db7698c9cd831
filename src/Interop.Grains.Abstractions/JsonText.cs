using System.Text.Json;
using System.Text.Json.Serialization;

namespace Interop;

/// <summary>
/// A piece of JSON that travels as its text and is written into an answer as it stands, so that what a server sent
/// (its digits, its member order) reaches the caller unchanged.
/// </summary>
/// <param name="Text">One complete JSON value.</param>
[GenerateSerializer, Immutable, Alias("Interop.JsonText")]
[JsonConverter(typeof(JsonTextConverter))]
public sealed record JsonText(string Text)
{
    /// <summary>JSON as it stands, and anything else (a dead letter's raw may be half a document) as a JSON string.</summary>
    public static JsonText FromUnchecked(string text)
    {
        try
        {
            using var _ = JsonDocument.Parse(text);
            return new JsonText(text);
        }
        catch (JsonException)
        {
            return new JsonText(JsonSerializer.Serialize(text));
        }
    }
}

internal sealed class JsonTextConverter : JsonConverter<JsonText>
{
    public override JsonText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new JsonText(document.RootElement.GetRawText());
    }

    public override void Write(Utf8JsonWriter writer, JsonText value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Text, skipInputValidation: true);
}
