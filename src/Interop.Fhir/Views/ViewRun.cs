using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Views;

/// <summary>The state of a view on one resource. Reused for the next resource.</summary>
internal sealed class ViewRun(IReadOnlyList<ViewColumn> columns, int depth)
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The count of a cell without an element: null also where the column is a collection.</summary>
    private const int NoElement = -1;

    private readonly ViewColumn[] _columns = [.. columns];
    private readonly (int Start, int Count)[] _cells = new (int, int)[columns.Count];
    private readonly (FhirPathNode Node, bool HasNode, int Index)[] _focus = new (FhirPathNode, bool, int)[depth + 1];
    private ArrayBufferWriter<byte>? _buffer;
    private Utf8JsonWriter? _writer;
    private Evaluation _evaluation = null!;
    private IViewRowSink _sink = null!;
    private long _bytes;

    public int Rows { get; private set; }

    public void Begin(
        IFhirTypeModel model,
        in FhirPathNode resource,
        IViewRowSink sink,
        EvaluationLimits? limits,
        CancellationToken cancellationToken
    )
    {
        _evaluation = Evaluation.Rent(
            model,
            limits is null && !cancellationToken.CanBeCanceled
                ? null
                : new EvaluationContext { Limits = limits ?? EvaluationLimits.Default, CancellationToken = cancellationToken }
        );
        _evaluation.SetInput(resource);
        _sink = sink;
        Rows = 0;
        _bytes = 0;
        SetFocus(0, resource, 0);
    }

    public void End()
    {
        _evaluation.Return();
        _evaluation = null!;
        _sink = null!;
        Array.Clear(_focus);
    }

    public void SetFocus(int at, in FhirPathNode node, int index) => _focus[at] = (node, true, index);

    /// <summary>The evaluation with $this and %rowIndex of a level.</summary>
    public Evaluation Focus(int at)
    {
        ref var focus = ref _focus[at];
        _evaluation.This = focus.Node;
        _evaluation.HasThis = focus.HasNode;
        _evaluation.RowIndex = focus.Index;
        return _evaluation;
    }

    public void SetCell(int column, int start, int count) => _cells[column] = (start, count);

    /// <summary>Makes a column null whose select has no element.</summary>
    public void SetNull(int column) => _cells[column] = (0, NoElement);

    public void WriteRow()
    {
        if (Rows == CompiledView.MaxRowsPerResource)
            throw new ViewEvaluationException(
                "select",
                $"the view gives more than {CompiledView.MaxRowsPerResource:N0} rows of this resource"
            );
        _sink.BeginRow();
        for (var i = 0; i < _cells.Length; i++)
        {
            (var start, var count) = _cells[i];
            if (count == NoElement)
                _sink.Null();
            else if (_columns[i].IsCollection)
                WriteCollection(_columns[i], start, count);
            else if (count == 0)
                _sink.Null();
            else
                WriteValue(_columns[i], _evaluation[start]);
        }
        _sink.EndRow();
        Rows++;
    }

    private void WriteValue(ViewColumn column, in FhirPathNode node)
    {
        if (node.Kind == NodeKind.None && node.Json.ValueKind != JsonValueKind.Object)
        {
            _sink.Null();
            return;
        }
        var kind = column.Kind == ViewColumnKind.Any ? Natural(node) : column.Kind;
        switch (kind)
        {
            case ViewColumnKind.Boolean when node.Kind == NodeKind.Boolean:
                _sink.Boolean(node.AsBoolean());
                break;
            case ViewColumnKind.Integer when node.TryGetInteger(out var integer):
                _sink.Integer(integer);
                break;
            case ViewColumnKind.Integer
                when node.TryGetDecimal(out var number) && decimal.Truncate(number) == number && Math.Abs(number) <= long.MaxValue:
                _sink.Integer((long)number);
                break;
            case ViewColumnKind.Numeric when node.Kind is NodeKind.Decimal or NodeKind.Integer:
                WriteText(column, node, numeric: true);
                break;
            case ViewColumnKind.Json:
                WriteJson(node);
                break;
            case ViewColumnKind.Text
            or ViewColumnKind.Date
            or ViewColumnKind.DateTime
            or ViewColumnKind.Time when node.Json.ValueKind != JsonValueKind.Object:
                WriteText(column, node, numeric: false);
                break;
            default:
                throw new ViewEvaluationException(column.Name, $"a value of type {node.Type} does not fit a column of type {column.Type}");
        }
    }

    private static ViewColumnKind Natural(in FhirPathNode node) =>
        node.Kind switch
        {
            NodeKind.Boolean => ViewColumnKind.Boolean,
            NodeKind.Integer => ViewColumnKind.Integer,
            NodeKind.Decimal => ViewColumnKind.Numeric,
            NodeKind.None or NodeKind.Quantity when node.Json.ValueKind == JsonValueKind.Object => ViewColumnKind.Json,
            _ => ViewColumnKind.Text,
        };

    private void Count(int bytes)
    {
        if ((_bytes += bytes) > CompiledView.MaxRowBytesPerResource)
            throw new ViewEvaluationException(
                "select",
                $"the rows of this resource have more than {CompiledView.MaxRowBytesPerResource:N0} bytes"
            );
    }

    private static string TextOf(ViewColumn column, in FhirPathNode node)
    {
        try
        {
            return node.AsText()!;
        }
        catch (FhirPathException e)
        {
            throw new ViewEvaluationException(column.Name, e.Reason, e);
        }
    }

    private void WriteText(ViewColumn column, in FhirPathNode node, bool numeric)
    {
        if (node.TryGetPlainUtf8(out var plain))
        {
            Count(plain.Length);
            _sink.Text(plain);
            return;
        }
        if (numeric && node.Json.ValueKind == JsonValueKind.Number)
        {
            _sink.Numeric(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(node.Json));
            return;
        }
        var text = TextOf(column, node);
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        ReadOnlySpan<byte> utf8 = rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented));
        Count(utf8.Length);
        if (numeric)
            _sink.Numeric(utf8);
        else
            _sink.Text(utf8);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void WriteJson(in FhirPathNode node)
    {
        if (node.Json.ValueKind != JsonValueKind.Undefined)
        {
            var raw = System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(node.Json);
            Count(raw.Length);
            _sink.Json(raw);
            return;
        }
        var writer = Writer();
        WriteItem(writer, node);
        Flush(writer);
    }

    private void WriteCollection(ViewColumn column, int start, int count)
    {
        var writer = Writer();
        writer.WriteStartArray();
        for (var i = start; i < start + count; i++)
            WriteItem(writer, _evaluation[i]);
        writer.WriteEndArray();
        Flush(writer);
    }

    private Utf8JsonWriter Writer()
    {
        _buffer ??= new ArrayBufferWriter<byte>();
        _buffer.ResetWrittenCount();
        _writer ??= new Utf8JsonWriter(_buffer, WriterOptions);
        _writer.Reset(_buffer);
        return _writer;
    }

    private void Flush(Utf8JsonWriter writer)
    {
        writer.Flush();
        Count(_buffer!.WrittenCount);
        _sink.Json(_buffer.WrittenSpan);
    }

    private static void WriteItem(Utf8JsonWriter writer, in FhirPathNode node)
    {
        if (node.Json.ValueKind != JsonValueKind.Undefined)
        {
            // Raw, because the writer refuses a lone surrogate, which a resource may have.
            writer.WriteRawValue(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(node.Json), skipInputValidation: true);
            return;
        }
        switch (node.Kind)
        {
            case NodeKind.Boolean:
                writer.WriteBooleanValue(node.AsBoolean());
                break;
            case NodeKind.Integer or NodeKind.Decimal:
                writer.WriteRawValue(node.AsText()!);
                break;
            case NodeKind.None:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteStringValue(node.AsText());
                break;
        }
    }
}
