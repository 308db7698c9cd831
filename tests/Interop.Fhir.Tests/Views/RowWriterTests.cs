using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Fhir.Views.Rows;

namespace Interop.Fhir.Tests.Views;

/// <summary>Rows as text: the form of a line or a cell for any resource content.</summary>
public sealed class RowWriterTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly PipeWriter _pipe;

    public RowWriterTests() => _pipe = PipeWriter.Create(_output, new StreamPipeWriterOptions(leaveOpen: true));

    private string Written => Encoding.UTF8.GetString(_output.ToArray());

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task A_line_has_every_column_and_decimals_keep_their_digits()
    {
        await WriteAsync(
            new NdjsonRowWriter(["a", "b", "c", "d", "e", "f"], _pipe),
            row =>
            {
                row.Null();
                row.Boolean(true);
                row.Integer(-7);
                row.Numeric("1.50e-3"u8);
                row.Text("Zoë \"the\n\tbest\" \\ \u2028"u8);
                row.Json("[1.0,{\"x\":null}]"u8);
            }
        );
        Assert.EndsWith("}\n", Written, StringComparison.Ordinal);
        Assert.StartsWith("""{"a":null,"b":true,"c":-7,"d":1.50e-3,"e":"Zoë \"the\n\tbest\" \\ """, Written, StringComparison.Ordinal);
        Assert.EndsWith(""","f":[1.0,{"x":null}]}""" + "\n", Written, StringComparison.Ordinal);
        Assert.Equal("Zoë \"the\n\tbest\" \\ \u2028", JsonDocument.Parse(Written).RootElement.GetProperty("e").GetString());
    }

    [Fact]
    public async Task Json_that_was_written_over_several_lines_stays_on_one()
    {
        await WriteAsync(new NdjsonRowWriter(["a"], _pipe), row => row.Json("{\r\n  \"x\": 1.50,\n  \"y\": \"a\\nb\"\n}"u8));
        Assert.Equal("""{"a":{  "x": 1.50,  "y": "a\nb"}}""" + "\n", Written);
    }

    [Fact]
    public async Task Csv_begins_with_the_columns_also_when_there_are_no_rows()
    {
        using var csv = new CsvRowWriter(["id", "given"], _pipe);
        await csv.FlushAsync(CancellationToken.None);
        Assert.Equal("id,given\r\n", Written);
    }

    [Fact]
    public async Task Cells_are_quoted_where_they_must_be_and_null_is_empty()
    {
        await WriteAsync(
            new CsvRowWriter(["a", "b", "c", "d", "e", "f"], _pipe),
            row =>
            {
                row.Null();
                row.Boolean(false);
                row.Integer(-7);
                row.Numeric("-1.50"u8);
                row.Text("Zoë, \"the\r\nbest\""u8);
                row.Json("[\"A\",\"B\"]"u8);
            }
        );
        Assert.Equal("a,b,c,d,e,f\r\n,false,-7,-1.50,\"Zoë, \"\"the\r\nbest\"\"\",\"[\"\"A\"\",\"\"B\"\"]\"\r\n", Written);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("=HYPERLINK(\"http://evil\",\"x\")", "\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\"")]
    [InlineData("+49 30 1234", "'+49 30 1234")]
    [InlineData("+1", "'+1")]
    [InlineData("-x", "'-x")]
    [InlineData("-", "'-")]
    [InlineData("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0")]
    [InlineData("-1e", "'-1e")]
    [InlineData("-1.", "'-1.")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("-5", "-5")]
    [InlineData("-5.25", "-5.25")]
    [InlineData("-3e+2", "-3e+2")]
    [InlineData("a=b", "a=b")]
    [InlineData("1-2", "1-2")]
    [InlineData("x@example.org", "x@example.org")]
    public async Task No_cell_starts_a_formula(string text, string cell)
    {
        await WriteAsync(
            new CsvRowWriter(["a", "b"], _pipe),
            row =>
            {
                row.Text(Encoding.UTF8.GetBytes(text));
                row.Text(Encoding.UTF8.GetBytes(text + new string('x', 500)));
            }
        );
        var line = Written["a,b\r\n".Length..];
        Assert.StartsWith(cell + ",", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resource_has_all_its_rows_or_none()
    {
        var view = CompiledView.Compile(
            ViewDefinition.Parse(
                """{"resource":"Patient","select":[{"forEach":"name","column":[{"name":"family","path":"family"},{"name":"given","path":"given","type":"string"}]}]}"""u8
            )
        );
        using var writer = new NdjsonRowWriter(view.Columns.Select(c => c.Name), _pipe);
        var held = new HeldRows();
        foreach (
            var json in new[]
            {
                """{"resourceType":"Patient","name":[{"family":"A","given":["B"]},{"family":"C"}]}""",
                """{"resourceType":"Patient","name":[{"family":"D"},{"family":"E","given":["F","G"]}]}""",
                """{"resourceType":"Patient","name":[{"family":"H"}]}""",
            }
        )
        {
            using var document = JsonDocument.Parse(json);
            try
            {
                view.Run(document.RootElement, held);
                held.MoveTo(writer);
            }
            catch (ViewEvaluationException)
            {
                held.Clear();
            }
        }
        await writer.FlushAsync(CancellationToken.None);
        Assert.Equal("""{"family":"A","given":"B"}|{"family":"C","given":null}|{"family":"H","given":null}|""", Written.Replace('\n', '|'));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Buffered_rows_are_flushed_between_rows(bool asCsv)
    {
        using ViewRowWriter writer = asCsv ? new CsvRowWriter(["a"], _pipe) : new NdjsonRowWriter(["a"], _pipe);
        var text = new byte[1000];
        Array.Fill(text, (byte)'x');
        for (var i = 0; i < 1000; i++)
        {
            writer.BeginRow();
            writer.Text(text);
            writer.EndRow();
            await writer.FlushWhenFullAsync(CancellationToken.None);
            Assert.InRange(_pipe.UnflushedBytes, 0, 140_000);
        }
        await writer.FlushAsync(CancellationToken.None);
        Assert.Equal(asCsv ? 1001 : 1000, Written.Count(c => c == '\n'));
        Assert.Equal(1_000_000, Written.Count(c => c == 'x'));
    }

    private static async Task WriteAsync(ViewRowWriter writer, Action<IViewRowSink> row)
    {
        using (writer)
        {
            writer.BeginRow();
            row(writer);
            writer.EndRow();
            await writer.FlushAsync(CancellationToken.None);
        }
    }
}
