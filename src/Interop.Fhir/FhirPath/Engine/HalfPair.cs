using System.Runtime.InteropServices;
using System.Text.Json;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>
/// JSON may spell half of a surrogate pair (<c>"\ud800"</c>), which is no text. JsonElement says so, whatever it is asked about a text or
/// a name, by an InvalidOperationException of its own; wherever a resource enters, that becomes the error of who was asked.
/// </summary>
internal static class HalfPair
{
    public const string Reason = "a text or name in the resource has half of a surrogate pair (\\uD800 to \\uDFFF), which is no character";

    // Its source is this, or this with a suffix by which the serializer knows it again.
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
