using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Fhir.Views;

namespace Interop.Fhir.Tests.Views;

public class ViewDefinitionTests
{
    private static ViewDefinition Parse(string json, bool requireName = false) =>
        ViewDefinition.Parse(Encoding.UTF8.GetBytes(json), requireName);

    private static string View(string select, string more = "") => $$"""{"resource":"Patient",{{more}}"select":[{{select}}]}""";

    private static List<JsonObject> Rows(string view, string resource)
    {
        var compiled = CompiledView.Compile(Parse(view));
        var rows = new RowCollector(compiled);
        using var document = JsonDocument.Parse(resource);
        compiled.Run(document.RootElement, rows);
        return rows.Rows;
    }

    [Theory]
    [InlineData("""[]""", "", "a ViewDefinition is a JSON object")]
    [InlineData("""{"resource":"Patient","select":[{"column":[{"name":"a","path":"id"}]}""", "", "not JSON")]
    [InlineData("""{"select":[]}""", "resource", "missing")]
    [InlineData("""{"resource":"Patient"}""", "select", "selects nothing")]
    [InlineData("""{"resource":"Patient","select":[]}""", "select", "selects nothing")]
    [InlineData("""{"resource":"Patient","select":{}}""", "select", "expected an array")]
    [InlineData("""{"resource":"Patient","select":[{"column":[{"name":"a"}]}]}""", "select[0].column[0].path", "is missing")]
    [InlineData("""{"resource":"Patient","select":[{"column":[{"path":"id"}]}]}""", "select[0].column[0].name", "is missing")]
    [InlineData(
        """{"resource":"Patient","select":[{"column":[{"name":"a; drop","path":"id"}]}]}""",
        "select[0].column[0].name",
        "letters, digits"
    )]
    [InlineData("""{"resource":"Patient","select":[{"foreach":"name"}]}""", "select[0].foreach", "no such property")]
    [InlineData("""{"resource":"Patient","select":[{"forEach":1}]}""", "select[0].forEach", "expected a text")]
    [InlineData("""{"resource":"Patient","select":[{"forEach":"name","forEachOrNull":"name"}]}""", "select[0]", "only one of")]
    [InlineData("""{"resource":"Patient","select":[{}]}""", "select[0]", "neither column")]
    [InlineData("""{"resource":"Patient","constant":[{"name":"c"}],"select":[]}""", "constant[0]", "needs one value")]
    [InlineData(
        """{"resource":"Patient","constant":[{"name":"c","valueBoolean":"x"}],"select":[]}""",
        "constant[0].valueBoolean",
        "not a value"
    )]
    [InlineData(
        """{"resource":"Patient","select":[{"column":[{"name":"a","path":"\ud800"}]}]}""",
        "select[0].column[0].path",
        "lone surrogate"
    )]
    [InlineData("""{"resource":"Patient","select":[{"repeat":["\ud800"]}]}""", "select[0].repeat[0]", "lone surrogate")]
    [InlineData("""{"resource":"Patient","select":[{"\ud800":1}]}""", "", "a property's name is no text")]
    public void A_view_of_the_wrong_form_is_refused_with_its_place(string json, string place, string reason)
    {
        var error = Assert.Throws<ViewDefinitionException>(() => CompiledView.Compile(Parse(json)));
        Assert.Equal(place, error.Place);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"column":[{"name":"a","path":"name..family"}]}""", "select[0].column[0].path", "at character 6")]
    [InlineData("""{"column":[{"name":"a","path":"name.familie()"}]}""", "select[0].column[0].path", "no function familie()")]
    [InlineData("""{"column":[{"name":"a","path":"%nothing"}]}""", "select[0].column[0].path", "no variable %nothing")]
    [InlineData("""{"column":[{"name":"a","path":"id","type":"text"}]}""", "select[0].column[0].type", "text is no FHIR type")]
    [InlineData(
        """{"column":[{"name":"a","path":"active","type":"integer"}]}""",
        "select[0].column[0].type",
        "gives boolean, which does not fit"
    )]
    [InlineData(
        """{"column":[{"name":"a","path":"name","type":"string"}]}""",
        "select[0].column[0].type",
        "gives HumanName, which does not fit"
    )]
    [InlineData("""{"column":[{"name":"a","path":"id"},{"name":"a","path":"id"}]}""", "select[0].column[1].name", "another column a")]
    [InlineData(
        """{"unionAll":[{"column":[{"name":"a","path":"id"}]},{"column":[{"name":"b","path":"id"}]}]}""",
        "select[0].unionAll[1]",
        "the same columns in the same order"
    )]
    [InlineData(
        """{"unionAll":[{"column":[{"name":"a","path":"id","type":"id"}]},{"column":[{"name":"a","path":"active","type":"boolean"}]}]}""",
        "select[0].unionAll[1].column[0]",
        "the column a is boolean here"
    )]
    public void A_view_that_cannot_work_is_refused_with_its_place(string select, string place, string reason)
    {
        var error = Assert.Throws<ViewDefinitionException>(() => CompiledView.Compile(Parse(View(select))));
        Assert.Equal(place, error.Place);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_type_of_resource_is_refused() =>
        Assert.Equal(
            "resource",
            Assert
                .Throws<ViewDefinitionException>(() =>
                    CompiledView.Compile(Parse("""{"resource":"Pation","select":[{"column":[{"name":"a","path":"id"}]}]}"""))
                )
                .Place
        );

    [Fact]
    public void A_where_that_is_not_a_condition_is_refused() =>
        Assert.Equal(
            "where[0].path",
            Assert
                .Throws<ViewDefinitionException>(() =>
                    CompiledView.Compile(Parse(View("""{"column":[{"name":"a","path":"id"}]}""", "\"where\":[{\"path\":\"gender\"}],")))
                )
                .Place
        );

    [Fact]
    public void The_name_is_needed_only_where_it_is_the_tables()
    {
        var view = View("""{"column":[{"name":"a","path":"id"}]}""");
        Assert.Null(Parse(view).Name);
        Assert.Equal("name", Assert.Throws<ViewDefinitionException>(() => Parse(view, requireName: true)).Place);
    }

    [Fact]
    public void An_element_that_does_not_exist_is_a_warning_and_its_column_null()
    {
        var view = View(
            """{"column":[{"name":"a","path":"id"},{"name":"b","path":"name.famly.first()"},{"name":"c","path":"deceasedBoolean"}]}"""
        );
        var compiled = CompiledView.Compile(Parse(view));
        Assert.Equal(["select[0].column[1].path", "select[0].column[2].path"], compiled.Warnings.Select(warning => warning.Place));
        Assert.Contains("HumanName has no element famly", compiled.Warnings[0].Reason, StringComparison.Ordinal);
        Assert.Contains("deceased.ofType(boolean)", compiled.Warnings[1].Reason, StringComparison.Ordinal);
        Assert.Equal(
            """{"a":"1","b":null,"c":null}""",
            Rows(view, """{"resourceType":"Patient","id":"1","deceasedBoolean":true,"name":[{"family":"F"}]}""")[0].ToJsonString()
        );
    }

    [Theory]
    [InlineData("""[{"column":[{"name":"a","path":"name.given"}]}]""", 1)]
    [InlineData("""[{"column":[{"name":"a","path":"name.given","collection":true}]}]""", 0)]
    [InlineData("""[{"column":[{"name":"a","path":"name.given.first()"}]}]""", 0)]
    [InlineData("""[{"column":[{"name":"a","path":"name.first().given"}]}]""", 1)]
    [InlineData("""[{"forEach":"name.given","column":[{"name":"a","path":"$this"}]}]""", 0)]
    [InlineData("""[{"column":[{"name":"a","path":"birthDate"},{"name":"b","path":"name.where(use = 'official').family"}]}]""", 1)]
    public void A_path_that_may_give_several_values_for_one_is_a_warning(string select, int warnings)
    {
        var view = CompiledView.Compile(ViewDefinition.Parse(Encoding.UTF8.GetBytes($$"""{"resource":"Patient","select":{{select}}}""")));

        Assert.Equal(warnings, view.Warnings.Count(w => w.Reason.Contains("may give several values", StringComparison.Ordinal)));
    }

    [Fact]
    public void Several_values_for_a_column_that_is_no_collection_name_the_column()
    {
        var view = View("""{"column":[{"name":"given","path":"name.given","type":"string"}]}""");
        var error = Assert.Throws<ViewEvaluationException>(() => Rows(view, """{"resourceType":"Patient","name":[{"given":["A","B"]}]}"""));
        Assert.Equal("given", error.Place);
        Assert.Contains("2 values", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lone_surrogate_in_a_collection_is_kept_unchanged()
    {
        var view = CompiledView.Compile(
            Parse(View("""{"column":[{"name":"all","path":"name.period","type":"Period","collection":true}]}"""))
        );
        using var document = JsonDocument.Parse("""{"resourceType":"Patient","name":[{"period":{"start":"\ud800"}}]}""");
        var held = new Interop.Fhir.Views.Rows.HeldRows();
        Assert.Equal(1, view.Run(document.RootElement, held));
    }

    [Fact]
    public void Objects_and_collections_are_json()
    {
        var view = View(
            """{"column":[{"name":"all","path":"name.given","type":"string","collection":true},{"name":"period","path":"name.period.first()","type":"Period"},{"name":"any","path":"name.period.first()"}]}"""
        );
        Assert.Equal(
            """{"all":["A","B"],"period":{"start":"2020"},"any":{"start":"2020"}}""",
            Rows(view, """{"resourceType":"Patient","name":[{"given":["A","B"],"period":{"start":"2020"}}]}""")[0].ToJsonString()
        );
    }

    [Fact]
    public void A_view_keeps_working_after_a_resource_that_it_refused()
    {
        var view = CompiledView.Compile(Parse(View("""{"column":[{"name":"given","path":"name.given","type":"string"}]}""")));
        var rows = new RowCollector(view);
        using var two = JsonDocument.Parse("""{"resourceType":"Patient","name":[{"given":["A","B"]}]}""");
        using var one = JsonDocument.Parse("""{"resourceType":"Patient","name":[{"given":["C"]}]}""");
        Assert.Throws<ViewEvaluationException>(() => view.Run(two.RootElement, rows));
        Assert.Equal(1, view.Run(one.RootElement, rows));
        Assert.Equal("""[{"given":"C"}]""", JsonSerializer.Serialize(rows.Rows));
    }

    [Fact]
    public async Task One_view_serves_many_threads()
    {
        var view = DefaultViews.All["patients"];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 200),
            (i, _) =>
            {
                using var document = JsonDocument.Parse($$"""{"resourceType":"Patient","id":"p{{i}}","name":[{"family":"F{{i}}"}]}""");
                var rows = new RowCollector(view);
                view.Run(document.RootElement, rows, cancellationToken: CancellationToken.None);
                Assert.Equal($"F{i}", rows.Rows.Single()["family"]!.ToString());
                return ValueTask.CompletedTask;
            }
        );
    }

    [Fact]
    public void A_loop_over_one_primitive_gives_one_row()
    {
        const string View = """
            {"resource":"Observation","select":[{"unionAll":[
              {"forEach":"value.ofType(dateTime)","column":[{"name":"v","path":"$this"}]},
              {"forEach":"value.ofType(string)","column":[{"name":"v","path":"$this"}]}]}]}
            """;
        Assert.Equal("2024", Rows(View, """{"resourceType":"Observation","valueDateTime":"2024"}""").Single()["v"]!.ToString());
        Assert.Equal("x", Rows(View, """{"resourceType":"Observation","valueString":"x"}""").Single()["v"]!.ToString());
        Assert.Empty(Rows(View, """{"resourceType":"Observation","valueInteger":1}"""));
    }

    [Fact]
    public void A_forEachOrNull_without_elements_gives_one_row_of_nulls()
    {
        const string View = """
            {"resource":"Patient","select":[{"column":[{"name":"id","path":"id"}]},{"forEachOrNull":"contact",
              "column":[{"name":"literal","path":"'x'"},{"name":"all","path":"telecom.value","collection":true}],
              "select":[{"forEach":"telecom","column":[{"name":"inner","path":"value"}]}],
              "unionAll":[{"column":[{"name":"u","path":"'a'"}]},{"column":[{"name":"u","path":"'b'"}]}]}]}
            """;
        var row = Assert.Single(Rows(View, """{"resourceType":"Patient","id":"p"}"""));
        Assert.Equal("p", row["id"]!.ToString());
        Assert.All(new[] { "literal", "all", "inner", "u" }, name => Assert.Null(row[name]));
    }

    [Fact]
    public void A_masked_name_does_not_fail_a_row()
    {
        const string View =
            """{"resource":"Patient","where":[{"path":"active"}],"select":[{"column":[{"name":"n","path":"name.first().family & ', ' & name.first().given.first()"}]}]}""";
        var row = Assert.Single(
            Rows(
                View,
                """{"resourceType":"Patient","active":true,"name":[{"_family":{"extension":[{"url":"u","valueCode":"masked"}]},"given":["G"]}]}"""
            )
        );
        Assert.Equal(", G", row["n"]!.ToString());
        Assert.Empty(Rows(View, """{"resourceType":"Patient","_active":{"extension":[{"url":"u","valueCode":"masked"}]}}"""));
    }
}
