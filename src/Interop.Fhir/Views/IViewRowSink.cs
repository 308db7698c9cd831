namespace Interop.Fhir.Views;

/// <summary>
/// Receives rows: for each, <see cref="BeginRow"/>, then one call per column in the view's order, then <see cref="EndRow"/>. Spans are
/// valid during the call only.
/// </summary>
public interface IViewRowSink
{
    /// <summary>Begins a row.</summary>
    void BeginRow();

    /// <summary>The column has no value.</summary>
    void Null();

    /// <summary>A boolean value.</summary>
    void Boolean(bool value);

    /// <summary>An integer value.</summary>
    void Integer(long value);

    /// <summary>A decimal as JSON wrote it, every digit kept: <c>1.50</c>, <c>-3e2</c>.</summary>
    void Numeric(ReadOnlySpan<byte> digits);

    /// <summary>A text, date or time as FHIR writes it, in UTF-8 and without escapes.</summary>
    void Text(ReadOnlySpan<byte> utf8);

    /// <summary>A collection or an object as JSON.</summary>
    void Json(ReadOnlySpan<byte> utf8);

    /// <summary>Ends the row: every column had its call.</summary>
    void EndRow();
}
