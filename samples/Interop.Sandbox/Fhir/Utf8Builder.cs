using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Interop.Sandbox.Fhir;

/// <summary>Growable UTF-8 text. Pages are concatenated here from finished pieces: nothing is parsed or serialised again on the way
/// out.</summary>
internal sealed class Utf8Builder(int capacity = 16 * 1024)
{
    private const int LargestPooledBytes = 4 * 1024 * 1024;
    private static readonly ConcurrentBag<Utf8Builder> Pool = [];
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public static Utf8Builder Rent() => Pool.TryTake(out var builder) ? builder : new Utf8Builder();

    public void Return()
    {
        // Do not keep the buffer of a rare very large page.
        if (_bytes.Length > LargestPooledBytes)
            return;
        Length = 0;
        Pool.Add(this);
    }

    public Utf8Builder Truncate(int length)
    {
        Length = Math.Min(Length, length);
        return this;
    }

    public Utf8Builder Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        Length += utf8.Length;
        return this;
    }

    public Utf8Builder Append(string text)
    {
        Length += Encoding.UTF8.GetBytes(text, Reserve(text.Length * 3));
        return this;
    }

    public Utf8Builder Append(long number)
    {
        Utf8Formatter.TryFormat(number, Reserve(20), out var written);
        Length += written;
        return this;
    }

    /// <summary>A decimal whose digits are exactly <paramref name="scaled"/>: 724 with one decimal is 72.4.</summary>
    public Utf8Builder AppendDecimal(long scaled, int decimals)
    {
        if (decimals == 0)
            return Append(scaled);
        var power = 1L;
        for (var i = 0; i < decimals; i++)
            power *= 10;
        return Append(scaled / power).Append("."u8).AppendDigits((int)(scaled % power), decimals);
    }

    /// <summary>Zero-padded to the width.</summary>
    public Utf8Builder AppendDigits(int value, int width)
    {
        var target = Reserve(width);
        for (var i = width - 1; i >= 0; i--, value /= 10)
            target[i] = (byte)('0' + value % 10);
        Length += width;
        return this;
    }

    /// <summary>A quoted and escaped JSON string.</summary>
    public Utf8Builder AppendJson(string text) =>
        Append("\""u8).Append(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes).Append("\""u8);

    public Utf8Builder AppendDate(DateTime date) =>
        AppendDigits(date.Year, 4).Append("-"u8).AppendDigits(date.Month, 2).Append("-"u8).AppendDigits(date.Day, 2);

    /// <summary>An instant or dateTime with seconds, the given number of fraction digits (0-7 significant) and the given offset; 0 minutes
    /// is Z.</summary>
    public Utf8Builder AppendInstant(long utcTicks, int fractionDigits, int offsetMinutes)
    {
        var local = new DateTime(utcTicks + offsetMinutes * TimeSpan.TicksPerMinute);
        AppendDate(local)
            .Append("T"u8)
            .AppendDigits(local.Hour, 2)
            .Append(":"u8)
            .AppendDigits(local.Minute, 2)
            .Append(":"u8)
            .AppendDigits(local.Second, 2);
        if (fractionDigits > 0)
        {
            var fraction = (int)(local.Ticks % TimeSpan.TicksPerSecond);
            for (var i = fractionDigits; i < 7; i++)
                fraction /= 10;
            Append("."u8).AppendDigits(fraction, fractionDigits);
        }
        if (offsetMinutes == 0)
            return Append("Z"u8);
        var minutes = Math.Abs(offsetMinutes);
        return Append(offsetMinutes < 0 ? "-"u8 : "+"u8).AppendDigits(minutes / 60, 2).Append(":"u8).AppendDigits(minutes % 60, 2);
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        return _bytes.AsSpan(Length);
    }
}
