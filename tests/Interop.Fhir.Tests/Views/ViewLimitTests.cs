using System.Text;
using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.Views;
using Interop.Fhir.Views.Rows;

namespace Interop.Fhir.Tests.Views;

/// <summary>A view has limits of size, and a resource limits of rows, bytes and steps.</summary>
public class ViewLimitTests
{
    private static int Run(string view, string resource, CancellationToken cancellationToken = default)
    {
        using var document = JsonDocument.Parse(resource);
        return CompiledView
            .Compile(ViewDefinition.Parse(Encoding.UTF8.GetBytes(view)))
            .Run(document.RootElement, new HeldRows(), cancellationToken: cancellationToken);
    }

    private static string Patient(int names, string family = "A") =>
        $$"""{"resourceType":"Patient","name":[{{string.Join(',', Enumerable.Repeat($"{{\"family\":\"{family}\"}}", names))}}]}""";

    private const string TwoLoops = """
        {"resource":"Patient","select":[{"forEach":"name","column":[{"name":"a","path":"family"}]},{"forEach":"name","column":[{"name":"b","path":"family"}]}]}
        """;

    [Fact]
    public void A_resource_has_at_most_ten_thousand_rows()
    {
        Assert.Equal(10_000, Run(TwoLoops, Patient(100)));
        var error = Assert.Throws<ViewEvaluationException>(() => Run(TwoLoops, Patient(101)));
        Assert.Equal("select: the view gives more than 10,000 rows of this resource", error.Message);
    }

    [Fact]
    public void The_rows_of_a_resource_have_a_limit_of_bytes() =>
        Assert.Contains(
            "bytes",
            Assert.Throws<ViewEvaluationException>(() => Run(TwoLoops, Patient(90, new string('x', 10_000)))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(
        """{"resource":"Patient","select":[{"column":[{"name":"a","path":"('a').repeat($this & $this)","collection":true}]}]}""",
        "a: the evaluation builds more than"
    )]
    [InlineData(
        """{"resource":"Patient","where":[{"path":"'a'.repeatAll($this).exists()"}],"select":[{"column":[{"name":"a","path":"id"}]}]}""",
        "where[0].path: the evaluation"
    )]
    [InlineData(
        """{"resource":"Patient","select":[{"forEach":"name.repeatAll($this)","column":[{"name":"a","path":"id"}]}]}""",
        "select[0].forEach: the evaluation"
    )]
    [InlineData(
        """{"resource":"Patient","select":[{"repeat":["$this"],"column":[{"name":"a","path":"id"}]}]}""",
        "select[0].repeat: the data is nested deeper"
    )]
    public void A_view_that_multiplies_ends_with_an_error_that_names_the_place(string view, string message) =>
        Assert.StartsWith(message, Assert.Throws<ViewEvaluationException>(() => Run(view, Patient(2))).Message, StringComparison.Ordinal);

    [Fact]
    public void Loops_without_rows_count_as_steps()
    {
        var loops = string.Join(
            ',',
            Enumerable.Range(0, 8).Select(i => "{\"forEach\":\"name\",\"column\":[{\"name\":\"c" + i + "\",\"path\":\"family\"}]}")
        );
        var view = $$"""{"resource":"Patient","select":[{{loops}},{"forEach":"contact","column":[{"name":"none","path":"gender"}]}]}""";
        Assert.Contains("steps", Assert.Throws<ViewEvaluationException>(() => Run(view, Patient(20))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_view_ends()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(TwoLoops, Patient(100), cancelled.Token));
    }

    [Fact]
    public void A_caller_can_set_smaller_limits()
    {
        using var document = JsonDocument.Parse(Patient(100));
        var view = CompiledView.Compile(ViewDefinition.Parse(Encoding.UTF8.GetBytes(TwoLoops)));
        Assert.Throws<ViewEvaluationException>(() =>
            view.Run(document.RootElement, new HeldRows(), new EvaluationLimits { MaxSteps = 100 })
        );
        Assert.Equal(10_000, view.Run(document.RootElement, new HeldRows()));
    }

    [Fact]
    public void A_definition_has_limits_of_size_branches_and_columns()
    {
        static string Message(string json) =>
            Assert.Throws<ViewDefinitionException>(() => ViewDefinition.Parse(Encoding.UTF8.GetBytes(json))).Message;
        static string Repeated(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(item));
        var column = """{"column":[{"name":"a","path":"id"}]}""";

        Assert.Equal("the definition is larger than 524,288 bytes", Message(new string(' ', 600_000)));
        Assert.Equal(
            "select: the view has 502 selects and branches, and at most 500 are allowed",
            Message($$"""{"resource":"Patient","select":[{"unionAll":[{{Repeated(501, _ => column)}}]}]}""")
        );
        Assert.Equal(
            "select: the view has 1,001 columns, and at most 1,000 are allowed",
            Message(
                $$"""{"resource":"Patient","select":[{"column":[{{Repeated(1_001, i => "{\"name\":\"c" + i + "\",\"path\":\"id\"}")}}]}]}"""
            )
        );
        Assert.Equal(
            "where: there are more than 100",
            Message($$"""{"resource":"Patient","where":[{{Repeated(101, _ => "{\"path\":\"true\"}")}}],"select":[{{column}}]}""")
        );
    }
}
