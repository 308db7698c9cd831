using System.Buffers;
using System.Buffers.Binary;

namespace Interop.Storage.Postgres;

/// <summary>
/// Writes decimal numbers in the form of PostgreSQL's binary numeric (src/backend/utils/adt/numeric.c, numeric_recv): count of base-10000
/// digits, weight of the first one, sign, digits shown after the point; then the digits. All digits of the text are kept, with trailing
/// zeros.
/// </summary>
internal static class PostgresNumeric
{
    private const int Header = 4 * sizeof(short);
    private const int DigitsPerGroup = 4;

    // Longer numbers are near the server's own limits: the server reads their text.
    private const int MaxDigits = 1000;

    /// <summary>Appends the number.</summary>
    /// <param name="text">What <see cref="DecimalText.IsNumber"/> takes.</param>
    /// <param name="output">Receives the field's value without its length.</param>
    /// <returns>false when the number is too long or too far from zero to be written here; nothing was appended.</returns>
    public static bool TryWrite(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        var isNegative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        var e = text.IndexOfAny((byte)'e', (byte)'E');
        var exponent = 0;
        if (e >= 0)
        {
            if (
                !System.Buffers.Text.Utf8Parser.TryParse(
                    text[(e + 1)..] is [(byte)'+', .. var unsigned] ? unsigned : text[(e + 1)..],
                    out exponent,
                    out _
                )
            )
                return false;
            text = text[..e];
        }

        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (Math.Abs((long)exponent) + text.Length > MaxDigits)
            return false;

        // The digits, with the point after the first `before` of them.
        Span<byte> digits = stackalloc byte[text.Length];
        whole.CopyTo(digits);
        fraction.CopyTo(digits[whole.Length..]);
        digits = digits[..(whole.Length + fraction.Length)];
        var before = whole.Length + exponent;
        var shown = Math.Max(0, fraction.Length - exponent);
        while (digits is [(byte)'0', ..])
        {
            digits = digits[1..];
            before--;
        }

        digits = digits.TrimEnd((byte)'0');
        Write(digits, before, isNegative, shown, output);
        return true;
    }

    private static void Write(ReadOnlySpan<byte> digits, int before, bool isNegative, int shown, IBufferWriter<byte> output)
    {
        // Groups are aligned to the decimal point: the first may begin, and the last may end, with zeros that the text does not have.
        var weight = digits.IsEmpty ? 0 : FloorDivide(before - 1, DigitsPerGroup);
        var lead = digits.IsEmpty ? 0 : (weight + 1) * DigitsPerGroup - before;
        var groups = (lead + digits.Length + DigitsPerGroup - 1) / DigitsPerGroup;
        var span = output.GetSpan(Header + groups * sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(span, (short)groups);
        BinaryPrimitives.WriteInt16BigEndian(span[2..], (short)weight);
        BinaryPrimitives.WriteInt16BigEndian(span[4..], (short)(isNegative && !digits.IsEmpty ? 0x4000 : 0));
        BinaryPrimitives.WriteInt16BigEndian(span[6..], (short)shown);
        for (var group = 0; group < groups; group++)
        {
            var value = 0;
            for (var i = 0; i < DigitsPerGroup; i++)
            {
                var at = group * DigitsPerGroup + i - lead;
                value = value * 10 + (at >= 0 && at < digits.Length ? digits[at] - '0' : 0);
            }

            BinaryPrimitives.WriteInt16BigEndian(span[(Header + group * sizeof(short))..], (short)value);
        }

        output.Advance(Header + groups * sizeof(short));
    }

    private static int FloorDivide(int a, int b) => a >= 0 ? a / b : -((b - 1 - a) / b);
}
