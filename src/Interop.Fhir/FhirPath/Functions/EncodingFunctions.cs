using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>encode(), decode(), escape(), unescape() (FHIRPath 2.0, 5.6, additional string functions). An unknown format gives
/// empty.</summary>
internal static class EncodingFunctions
{
    public static void Encode(in Call call) =>
        Apply(
            call,
            static (text, format) =>
                format switch
                {
                    "hex" => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
                    "base64" => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)),
                    "urlbase64" => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).Replace('+', '-').Replace('/', '_'),
                    _ => null,
                }
        );

    public static void Decode(in Call call) =>
        Apply(
            call,
            static (text, format) =>
                format switch
                {
                    "hex" => Encoding.UTF8.GetString(Convert.FromHexString(text)),
                    "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(text)),
                    "urlbase64" => Encoding.UTF8.GetString(Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/'))),
                    _ => null,
                }
        );

    public static void Escape(in Call call) =>
        Apply(
            call,
            static (text, format) =>
                format switch
                {
                    "html" => WebUtility.HtmlEncode(text),
                    "json" => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
                    _ => null,
                }
        );

    public static void Unescape(in Call call) =>
        Apply(
            call,
            static (text, format) =>
                format switch
                {
                    "html" => WebUtility.HtmlDecode(text),
                    "json" => UnescapeJson(text),
                    _ => null,
                }
        );

    /// <summary>Decodes the text between the quotes of a JSON string. A quote without a backslash stays a quote, as the test suite
    /// expects.</summary>
    private static string UnescapeJson(string text)
    {
        var quoted = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
                quoted.Append(text[i++]);
            else if (text[i] == '"')
                quoted.Append('\\');
            quoted.Append(text[i]);
        }
        using var document = JsonDocument.Parse(quoted.Append('"').ToString());
        return document.RootElement.GetString()!;
    }

    private static void Apply(in Call call, Func<string, string, string?> function)
    {
        if (!call.TryTextInput(out var text) || !call.TryTextArgument(0, out var format))
        {
            call.Empty();
            return;
        }
        call.E.ChargeText(text.Length);
        string? result;
        try
        {
            result = function(text, format);
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            throw call.Error($"the input is not {format}: {error.Message}");
        }
        if (result is null)
            call.Empty();
        else
            call.Result(result);
    }
}
