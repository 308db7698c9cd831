using System.Runtime.InteropServices;
using System.Text.Json;

namespace Interop.Fhir.Json;

/// <summary>
/// JSON can hold a lone surrogate (<c>"\ud800"</c>), which is not a character. JsonElement reports it for any access to the text or
/// name with an InvalidOperationException. The entry points of this library turn that exception into their own error.
/// </summary>
internal static class LoneSurrogate
{
    public const string Reason = "a text or name in the resource has a lone surrogate (\\uD800 to \\uDFFF), which is not a character";

    // The exception's source is this name, or this name with a suffix of the serializer.
    private const string JsonAssembly = "System.Text.Json";

    public static bool IsCause(InvalidOperationException error) => error.Source?.StartsWith(JsonAssembly, StringComparison.Ordinal) == true;

    /// <summary>Whether a string can be decoded.</summary>
    public static bool IsText(JsonElement text)
    {
        if (!JsonMarshal.GetRawUtf8Value(text).Contains((byte)'\\'))
            return true;
        try
        {
            return text.GetString() is not null;
        }
        catch (InvalidOperationException e) when (IsCause(e))
        {
            return false;
        }
    }
}
