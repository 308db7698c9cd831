namespace Interop.Storage;

/// <summary>The text of a decimal number: <c>[+-]digits[.digits][e[+-]digits]</c>.</summary>
internal static class DecimalText
{
    public static bool IsNumber(ReadOnlySpan<byte> text)
    {
        var rest = SkipSign(text);
        var whole = Digits(rest);
        rest = rest[whole..];
        var fraction = 0;
        if (rest is [(byte)'.', ..])
        {
            fraction = Digits(rest[1..]);
            rest = rest[(1 + fraction)..];
        }
        if (whole + fraction == 0)
            return false;
        if (rest is not [(byte)'e' or (byte)'E', ..])
            return rest.IsEmpty;
        rest = SkipSign(rest[1..]);
        return !rest.IsEmpty && Digits(rest) == rest.Length;
    }

    private static ReadOnlySpan<byte> SkipSign(ReadOnlySpan<byte> text) => text is [(byte)'+' or (byte)'-', ..] ? text[1..] : text;

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text.Length : end;
    }
}
