using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Interop.Fhir.Views.Rows;

/// <summary>
/// Rows as newline-delimited JSON: an object a line with every column in the view's order, null included. A decimal keeps the digits
/// that the resource has.
/// </summary>
public sealed class NdjsonRowWriter : ViewRowWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly JsonEncodedText[] _names;
    private readonly Utf8JsonWriter _json;
    private int _column;

    /// <param name="columns">The names of the columns.</param>
    /// <param name="output">Where the lines go; stays the caller's.</param>
    public NdjsonRowWriter(IEnumerable<string> columns, PipeWriter output)
        : base(output)
    {
        _names = [.. columns.Select(name => JsonEncodedText.Encode(name, Options.Encoder))];
        _json = new Utf8JsonWriter(output, Options);
    }

    /// <inheritdoc/>
    public override string MediaType => "application/x-ndjson";

    /// <inheritdoc/>
    public override void BeginRow()
    {
        _column = 0;
        _json.Reset();
        _json.WriteStartObject();
    }

    /// <inheritdoc/>
    public override void Null() => _json.WriteNull(Next());

    /// <inheritdoc/>
    public override void Boolean(bool value) => _json.WriteBoolean(Next(), value);

    /// <inheritdoc/>
    public override void Integer(long value) => _json.WriteNumber(Next(), value);

    /// <inheritdoc/>
    public override void Numeric(ReadOnlySpan<byte> digits) => Raw(digits);

    /// <inheritdoc/>
    public override void Text(ReadOnlySpan<byte> utf8) => _json.WriteString(Next(), utf8);

    /// <inheritdoc/>
    public override void Json(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            Raw(utf8);
            return;
        }

        // A pretty-printed resource has line ends between its tokens; a row must be one line.
        var oneLine = ArrayPool<byte>.Shared.Rent(utf8.Length);
        var length = 0;
        foreach (var part in utf8.SplitAny((byte)'\n', (byte)'\r'))
        {
            utf8[part].CopyTo(oneLine.AsSpan(length));
            length += part.End.Value - part.Start.Value;
        }

        Raw(oneLine.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(oneLine);
    }

    /// <inheritdoc/>
    public override void EndRow()
    {
        _json.WriteEndObject();
        _json.Flush();
        Output.GetSpan(1)[0] = (byte)'\n';
        Output.Advance(1);
    }

    /// <inheritdoc/>
    public override void Dispose() => _json.Dispose();

    private void Raw(ReadOnlySpan<byte> json)
    {
        _json.WritePropertyName(Next());
        _json.WriteRawValue(json, skipInputValidation: true);
    }

    private JsonEncodedText Next() => _names[_column++];
}
