using System.Text;
using System.Text.Json.Nodes;
using Interop.Fhir.Views;

namespace Interop.Fhir.Tests.Views;

/// <summary>Gathers rows as JSON objects: the form in which the standard's suite states what it expects.</summary>
internal sealed class RowCollector(CompiledView view) : IViewRowSink
{
    private JsonObject _row = [];

    public List<JsonObject> Rows { get; } = [];

    public void BeginRow() => _row = [];

    public void Null() => Add(null);

    public void Boolean(bool value) => Add(JsonValue.Create(value));

    public void Integer(long value) => Add(JsonValue.Create(value));

    public void Numeric(ReadOnlySpan<byte> digits) => Add(JsonNode.Parse(digits));

    public void Text(ReadOnlySpan<byte> utf8) => Add(JsonValue.Create(Encoding.UTF8.GetString(utf8)));

    public void Json(ReadOnlySpan<byte> utf8) => Add(JsonNode.Parse(utf8));

    public void EndRow() => Rows.Add(_row);

    private void Add(JsonNode? value) => _row.Add(view.Columns[_row.Count].Name, value);
}
