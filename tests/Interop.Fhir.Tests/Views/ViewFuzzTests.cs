using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Fhir.Tests.Validation;
using Interop.Fhir.Views;
using Interop.Fhir.Views.Rows;

namespace Interop.Fhir.Tests.Views;

/// <summary>
/// Views and resources are untrusted input: a view is refused only with <see cref="ViewDefinitionException"/>, a resource only with <see
/// cref="ViewEvaluationException"/>. All other input gives complete lines of JSON and CSV.
/// </summary>
public class ViewFuzzTests
{
    private const string Everything = """
        {"resourceType":"ViewDefinition","name":"everything","resource":"Questionnaire","constant":[{"name":"c","valueString":"x"},{"name":"n","valueInteger":3}],
         "where":[{"path":"status = 'draft' or %c = 'x'"}],
         "select":[{"column":[{"name":"id","path":"getResourceKey()","type":"string"},{"name":"n","path":"%n + 1","type":"integer"},{"name":"types","path":"item.type","type":"code","collection":true}]},
          {"repeat":["item","item.item"],"column":[{"name":"link","path":"linkId"},{"name":"at","path":"%rowIndex"}],
           "select":[{"forEachOrNull":"answerOption","unionAll":[{"column":[{"name":"v","path":"value.ofType(integer)"}]},{"forEach":"value.ofType(Coding)","column":[{"name":"v","path":"code.length()"}]}]}]}]}
        """;

    [Fact]
    public async Task Mutated_views_on_mutated_resources_fail_only_with_view_errors()
    {
        JsonNode[] views =
        [
            JsonNode.Parse(Everything)!,
            JsonNode.Parse(Everything)!,
            .. DefaultViews.All.Keys.Order(StringComparer.Ordinal).Select(name => JsonNode.Parse(DefaultViews.Read(name))!),
        ];
        var resources = SampleResources
            .All.Select(Expect.Utf8)
            .Concat(TestData.SmallExamples)
            .Select(bytes => JsonNode.Parse(bytes)!)
            .ToLookup(json => json["resourceType"]!.GetValue<string>());
        var random = new Random(20240607);
        int runs = Fuzz.Runs(5_000),
            compiled = 0,
            rows = 0;
        for (var run = 0; run < runs; run++)
        {
            var json = Fuzz.Json(views[random.Next(views.Length)], random, text => Fuzz.Path(text.GetValue<string>(), random));
            if (random.Next(10) == 0)
                json = json.Remove(random.Next(json.Length), 1);
            string? resource = null;
            try
            {
                var view = CompiledView.Compile(ViewDefinition.Parse(Encoding.UTF8.GetBytes(json)));
                compiled++;
                JsonNode[] fitting = [.. resources[view.Definition.Resource]];
                resource = Fuzz.Json(
                    fitting.Length > 0
                        ? fitting[random.Next(fitting.Length)]
                        : JsonNode.Parse($$"""{"resourceType":"{{view.Definition.Resource}}"}""")!,
                    random
                );
                rows += await RunAsync(view, resource);
            }
            catch (Exception e) when (e is ViewDefinitionException or ViewEvaluationException)
            {
                Assert.NotEmpty(e.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"run {run}: {json}\n{resource?[..Math.Min(2000, resource.Length)]}\n{error}");
            }
        }
        Assert.InRange(compiled, runs / 4, runs);
        Assert.InRange(rows, runs / 4, runs * 50);
    }

    private static async Task<int> RunAsync(CompiledView view, string resource)
    {
        using var document = JsonDocument.Parse(resource);
        var held = new HeldRows();
        var rows = view.Run(document.RootElement, held);
        var names = view.Columns.Select(column => column.Name).ToArray();
        using var lines = new MemoryStream();
        using (var writer = new NdjsonRowWriter(names, PipeWriter.Create(lines)))
        {
            held.MoveTo(writer);
            await writer.FlushAsync(CancellationToken.None);
        }
        foreach (var line in Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var row = JsonDocument.Parse(line);
            Assert.Equal(names, row.RootElement.EnumerateObject().Select(cell => cell.Name));
            rows--;
        }
        Assert.Equal(0, rows);
        view.Run(document.RootElement, held);
        using var csv = new CsvRowWriter(names.Length > 0 ? names : ["none"], PipeWriter.Create(lines));
        held.MoveTo(csv);
        return 1;
    }
}
