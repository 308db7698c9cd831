using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.Tests.FhirPath;

public class FhirPathTests
{
    private const string Patient = """
        {"resourceType":"Patient","id":"p","birthDate":"1974-12","_birthDate":{"id":"b","extension":[{"url":"u","valueString":"x"}]},"active":true,
         "contained":[{"resourceType":"Organization","id":"o","name":"Org"}],"managingOrganization":{"reference":"#o"},
         "generalPractitioner":[{"reference":"Practitioner/1"}],
         "name":[{"use":"official","family":"A\u0042C","given":["G",null,"H"],"_given":[null,{"extension":[{"url":"u","valueInteger":1}]},null]},{"family":"D"}],
         "deceasedDateTime":"2020-01-01T10:00:00+01:00","multipleBirthInteger":2}
        """;

    private static string Evaluate(string expression, string? resource = null, EvaluationContext? context = null)
    {
        using var document = JsonDocument.Parse(resource ?? Patient);
        return string.Join(
            ", ",
            FhirPathCompiler.Compile(expression).Evaluate(document.RootElement, context).Select(node => node.ToString())
        );
    }

    [Theory]
    [InlineData("name.", FhirPathErrorKind.Syntax, 5)]
    [InlineData("name.where(use = 'official'", FhirPathErrorKind.Syntax, 27)]
    [InlineData("1 + ", FhirPathErrorKind.Syntax, 4)]
    [InlineData("'open", FhirPathErrorKind.Syntax, 0)]
    [InlineData("name # given", FhirPathErrorKind.Syntax, 5)]
    [InlineData("@2015-13", FhirPathErrorKind.Syntax, 0)]
    [InlineData("name.``", FhirPathErrorKind.Syntax, 5)]
    [InlineData("\"\" = 1", FhirPathErrorKind.Syntax, 0)]
    [InlineData("%``", FhirPathErrorKind.Syntax, 1)]
    [InlineData("name.nosuch()", FhirPathErrorKind.Semantic, 5)]
    [InlineData("name.first(1)", FhirPathErrorKind.Semantic, 5)]
    [InlineData("name.ofType(NoSuch)", FhirPathErrorKind.Semantic, 12)]
    public void An_expression_that_does_not_compile_names_the_place(string expression, FhirPathErrorKind kind, int position)
    {
        var error = Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile(expression));
        Assert.Equal((kind, position), (error.Kind, error.Position));
    }

    [Theory]
    [InlineData("name.is()")]
    [InlineData("name.ofType()")]
    [InlineData("name.select()")]
    [InlineData("name.repeat()")]
    [InlineData("name.union()")]
    [InlineData("iif(true)")]
    [InlineData("defineVariable()")]
    [InlineData("extension()")]
    public void Arguments_are_counted_also_where_the_type_of_the_input_is_known(string expression)
    {
        var error = Assert.Throws<FhirPathException>(() =>
            FhirPathCompiler.Compile(expression, new FhirPathOptions { InputType = "Patient" })
        );
        Assert.Equal(FhirPathErrorKind.Semantic, error.Kind);
        Assert.Contains("arguments, not ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sorting_items_without_an_order_fails_with_a_FHIRPath_error()
    {
        var error = Assert.Throws<FhirPathException>(() => Evaluate("('' | 2 | 1).sort()"));
        Assert.Equal(FhirPathErrorKind.Execution, error.Kind);
        Assert.Contains("have no order", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name.famly", "HumanName has no element famly")]
    [InlineData("deceasedDateTime", "in a path it is deceased.ofType(dateTime)")]
    [InlineData("Observation.status", "starts at Observation, but is evaluated on Patient")]
    [InlineData("name.select(given.first() + 1)", "string + System.Integer is not possible")]
    [InlineData("name.where(period.start.startsWith('2'))", "needs a string, not dateTime")]
    public void With_an_input_type_an_expression_without_a_meaning_is_refused(string expression, string reason)
    {
        FhirPathCompiler.Compile(expression);
        var error = Assert.Throws<FhirPathException>(() =>
            FhirPathCompiler.Compile(expression, new FhirPathOptions { InputType = "Patient" })
        );
        Assert.Equal(FhirPathErrorKind.Semantic, error.Kind);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("birthDate.extension('u').value", "x")]
    [InlineData("birthDate.id", "b")]
    [InlineData("name.given.count()", "3")]
    [InlineData("name.given.where(hasValue())", "G, H")]
    [InlineData("name.given.extension.value", "1")]
    [InlineData("name.given[1].hasValue()", "false")]
    [InlineData("name.family", "ABC, D")]
    [InlineData("name.where(family = 'ABC').use", "official")]
    [InlineData("deceased is dateTime", "true")]
    [InlineData("multipleBirth.ofType(integer) + 1", "3")]
    [InlineData("Patient.deceased.ofType(boolean)", "")]
    [InlineData("Observation.status", "")]
    [InlineData("Resource.id", "p")]
    [InlineData("name.exists($index = 1 and family = 'D')", "true")]
    [InlineData("children().count()", "10")]
    [InlineData("descendants().where($this is Extension).count()", "2")]
    public void Primitives_keep_their_extensions_and_choices_their_types(string expression, string expected) =>
        Assert.Equal(expected, Evaluate(expression));

    [Theory]
    [InlineData("birthDate > @1974-11-30", "true")]
    [InlineData("birthDate > @1974-12-05", "")]
    [InlineData("deceased = @2020-01-01T09:00:00Z", "true")]
    [InlineData("deceased > @2020-01-01T09:00:00", "")]
    [InlineData("deceased > @2019-12-01T00:00:00", "true")]
    [InlineData("@2024-01-31 + 1 month", "2024-02-29")]
    [InlineData("@2024-02-29 - 1 year", "2023-02-28")]
    [InlineData("@2024 + 13 months", "2025")]
    [InlineData("@T23:30 + 45 minutes", "00:15")]
    [InlineData("@2024-01-01T23:59:59.5Z + 1 second", "2024-01-02T00:00:00.5Z")]
    [InlineData("@9999-12-31 + 1 day", "")]
    public void Dates_compare_and_add_at_their_precision(string expression, string expected) =>
        Assert.Equal(expected, Evaluate(expression));

    [Theory]
    [InlineData("1 '[in_i]' = 2.54 'cm'", "true")]
    [InlineData("1 'kg' > 2 '[lb_av]'", "true")]
    [InlineData("37 'Cel' ~ 98.6 '[degF]'", "true")]
    [InlineData("1 'mmol/L' = 1000 'umol/L'", "true")]
    [InlineData("120 'mm[Hg]' > 15 'kPa'", "true")]
    [InlineData("1 'mg/dL' = 10 'mg/L'", "true")]
    [InlineData("5 '10*3/uL' = 5 '10*9/L'", "true")]
    [InlineData("1 '{beats}/min' = 60 '/h'", "true")]
    [InlineData("1 'kg' = 1 'm'", "")]
    [InlineData("1 '[iU]' = 1 '[iU]'", "true")]
    [InlineData("1 '[iU]' = 1 'mg'", "")]
    [InlineData("2 'g' + 500 'mg'", "2500 'mg'")]
    [InlineData("500 'mg' + 2 'g'", "2500 'mg'")]
    [InlineData("1 'kg' - 1 'g'", "999 'g'")]
    [InlineData("1 year + 1 month", "13 month")]
    [InlineData("(1 'g' | 500 'mg').sum()", "1500 'mg'")]
    [InlineData("1 year ~ 1 'a'", "true")]
    [InlineData("1 'mo' ~ 1 month", "true")]
    [InlineData("1 year = 1 'a'", "")]
    [InlineData("1 year ~ 1 'mo'", "false")]
    [InlineData("'2 kg'.toQuantity()", "")]
    [InlineData("'2 \\'kg\\''.toQuantity('g')", "2000 'g'")]
    [InlineData("(2 'kg').toQuantity('m')", "")]
    [InlineData("(2 'kg').convertsToQuantity('m')", "false")]
    [InlineData("(2 'kg').convertsToQuantity('g')", "true")]
    [InlineData("(2 years).toQuantity('months')", "24 months")]
    [InlineData("5.toQuantity('1')", "5 '1'")]
    [InlineData("12 months = 1 year", "true")]
    public void Quantities_convert_by_UCUM(string expression, string expected) => Assert.Equal(expected, Evaluate(expression));

    [Theory]
    [InlineData("2147483647 + 1", "")]
    [InlineData("79228162514264337593543950335.0 * 2", "")]
    [InlineData("1.10 + 1.1", "2.20")]
    [InlineData("(1 | 2 | 3).sum()", "6")]
    [InlineData("(3 | 1 | 2).min()", "1")]
    [InlineData("(1 | 2).avg()", "1.5")]
    [InlineData("{}.coalesce({}, 'a', 'b')", "a")]
    [InlineData("defineVariable('n', name.first()).select(%n.family)", "ABC")]
    [InlineData("@2024-05-06T07:08:09.010Z.monthOf()", "5")]
    [InlineData("'a-b'.replaceMatches('(.)-(.)', '$2-$1')", "b-a")]
    public void Further_functions_and_limits(string expression, string expected) => Assert.Equal(expected, Evaluate(expression));

    private const string Masked = """
        {"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]},
         "_deceasedBoolean":{"extension":[{"url":"u","valueString":"x"}]},"_multipleBirthInteger":{"extension":[{"url":"u","valueString":"x"}]},
         "name":[{"_family":{"extension":[{"url":"u","valueString":"x"}]},"given":["G"]}]}
        """;

    [Theory]
    [InlineData("deceased.ofType(boolean) and true", "")]
    [InlineData("deceased.ofType(boolean) and false", "false")]
    [InlineData("deceased.ofType(boolean).not()", "")]
    [InlineData("deceased.exists()", "true")]
    [InlineData("name.where(family = 'x').exists()", "false")]
    [InlineData("name.family = 'x'", "")]
    [InlineData("name.family != 'x'", "")]
    [InlineData("'x' = name.family", "")]
    [InlineData("name.family & ', ' & name.given.first()", ", G")]
    [InlineData("name.family + name.given.first()", "")]
    [InlineData("birthDate + 1 year", "")]
    [InlineData("birthDate < today()", "")]
    [InlineData("multipleBirth.ofType(integer) + 1", "")]
    [InlineData("-multipleBirth.ofType(integer)", "")]
    [InlineData("multipleBirth.ofType(integer).abs()", "")]
    [InlineData("birthDate.toString()", "")]
    [InlineData("birthDate.convertsToDate()", "")]
    [InlineData("birthDate.yearOf()", "")]
    [InlineData("birthDate.lowBoundary()", "")]
    [InlineData("name.given[%resource.multipleBirth.ofType(integer)]", "")]
    [InlineData("iif(deceased.ofType(boolean), 'a', 'b')", "b")]
    [InlineData("name.family in ('x' | 'y')", "")]
    [InlineData("name.family.extension('u').value", "x")]
    [InlineData("name.family.hasValue()", "false")]
    public void A_primitive_without_a_value_is_empty_in_operators(string expression, string expected) =>
        Assert.Equal(expected, Evaluate(expression, Masked));

    [Theory]
    [InlineData("@T10:00 + 1 hour = @T11:00", "true")]
    [InlineData("@T23:30 + 1 hour = @T00:30", "true")]
    [InlineData("@T10:00:00 - 1 second < @T10:00", "true")]
    public void A_sum_of_times_compares_with_a_time(string expression, string expected) => Assert.Equal(expected, Evaluate(expression));

    [Fact]
    public void UCUM_years_and_months_of_a_FHIR_quantity_are_calendar_durations()
    {
        const string Condition = """
            {"resourceType":"Condition","recordedDate":"2000-02-29","onsetAge":{"value":1,"unit":"a","system":"http://unitsofmeasure.org","code":"a"},"abatementAge":{"value":3,"system":"http://unitsofmeasure.org","code":"mo"}}
            """;
        Assert.Equal("2001-02-28", Evaluate("recordedDate + onset.ofType(Age)", Condition));
        Assert.Equal("2000-05-29", Evaluate("recordedDate + abatement.ofType(Age)", Condition));
        Assert.Throws<FhirPathException>(() => Evaluate("@2000-02-29 + 1 'a'"));
    }

    [Theory]
    [InlineData("(defineVariable('v', 'a').select(%v)) & %v")]
    [InlineData("(defineVariable('v', 'a').select(%v)) | (name.select(%v))")]
    [InlineData("name.first().combine(defineVariable('v', 'a').select(%v)).select(%v)")]
    [InlineData("name.where(defineVariable('v', 'a').exists()).select(%v)")]
    public void A_variable_is_not_visible_outside_of_the_operand_that_defines_it(string expression) =>
        Assert.Contains(
            "there is no variable %v",
            Assert.Throws<FhirPathException>(() => Evaluate(expression)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Operands_can_define_the_same_variable() =>
        Assert.Equal("ab", Evaluate("(defineVariable('v', 'a').select(%v)) & (defineVariable('v', 'b').select(%v))"));

    [Fact]
    public void The_as_operator_filters_a_collection_where_R4_asks_for_it()
    {
        // R4's search parameter context-quantity.
        const string Expression = "(ActivityDefinition.useContext.value as Quantity) | (ActivityDefinition.useContext.value as Range)";
        const string Activity = """
            {"resourceType":"ActivityDefinition","status":"draft","useContext":[{"code":{"code":"age"},"valueQuantity":{"value":1}},{"code":{"code":"age"},"valueRange":{"low":{"value":2}}},{"code":{"code":"x"},"valueQuantity":{"value":3}}]}
            """;
        using var document = JsonDocument.Parse(Activity);
        Assert.Equal(
            3,
            FhirPathCompiler.Compile(Expression, new FhirPathOptions { AsTakesCollections = true }).Evaluate(document.RootElement).Count
        );
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile(Expression).Evaluate(document.RootElement));
    }

    [Theory]
    [InlineData("{\"reference\":\"Patient/1\"}", "true")]
    [InlineData("{\"reference\":\"http://server/fhir/Patient/1/_history/2\"}", "true")]
    [InlineData("{\"reference\":\"Group/1\"}", "false")]
    [InlineData("{\"type\":\"Patient\",\"identifier\":{\"value\":\"x\"}}", "true")]
    [InlineData("{\"reference\":\"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7\"}", "")]
    [InlineData("{\"display\":\"x\"}", "")]
    public void The_type_of_an_unresolved_reference_is_the_one_that_it_names(string reference, string expected)
    {
        var encounter = "{\"resourceType\":\"Encounter\",\"subject\":" + reference + "}";
        Assert.Equal(expected, Evaluate("subject.resolve() is Patient", encounter));
        Assert.Equal(expected, Evaluate("subject.resolve().is(Patient)", encounter));
        Assert.Equal(expected == "true" ? "1" : "0", Evaluate("Encounter.subject.where(resolve() is Patient).count()", encounter));
    }

    [Fact]
    public void References_resolve_to_contained_and_given_resources()
    {
        using var practitioner = JsonDocument.Parse("""{"resourceType":"Practitioner","id":"1","active":false}""");
        var given = practitioner.RootElement;
        var context = new EvaluationContext { Resolve = reference => reference == "Practitioner/1" ? given : null };
        Assert.Equal("Org", Evaluate("managingOrganization.resolve().name"));
        Assert.Equal("", Evaluate("generalPractitioner.resolve().active"));
        Assert.Equal("false", Evaluate("generalPractitioner.resolve().ofType(Practitioner).active", context: context));
    }

    [Fact]
    public void Member_of_knows_the_value_sets_of_required_bindings()
    {
        Assert.Equal("true", Evaluate("name.first().use.memberOf('http://hl7.org/fhir/ValueSet/name-use')"));
        Assert.Equal("false", Evaluate("'nick'.memberOf('http://hl7.org/fhir/ValueSet/name-use')"));
        Assert.Equal("", Evaluate("'x'.memberOf('http://example.org/unknown')"));
    }

    [Fact]
    public void Variables_trace_and_clock_come_from_the_context()
    {
        var traced = new List<string>();
        var context = new EvaluationContext
        {
            Variables = new Dictionary<string, IReadOnlyList<FhirPathNode>> { ["limit"] = [FhirPathNode.FromInteger(7)] },
            Trace = (name, nodes) => traced.Add($"{name}: {string.Join('|', nodes)}"),
            TimeProvider = new FixedTime(),
        };
        Assert.Equal("8", Evaluate("%limit + 1", context: context));
        Assert.Equal("2024-05-06", Evaluate("today()", context: context));
        Assert.Equal("2", Evaluate("name.trace('n', family).count()", context: context));
        Assert.Equal(["n: ABC|D"], traced);
        Assert.Contains(
            "%other",
            Assert.Throws<FhirPathException>(() => Evaluate("%other", context: context)).Message,
            StringComparison.Ordinal
        );
    }

    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);
    }

    [Theory]
    [InlineData("Patient/1", null, "1")]
    [InlineData("Patient/1", "Patient", "1")]
    [InlineData("Patient/1", "Group", null)]
    [InlineData("http://server/fhir/Patient/1/_history/2", "Patient", "1")]
    [InlineData("#p", null, null)]
    [InlineData("urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", null, null)]
    [InlineData("Patient?identifier=a/b", null, null)]
    public void A_reference_key_is_the_id_of_the_resource_referred_to(string reference, string? type, string? key) =>
        Assert.Equal(
            key ?? "",
            Evaluate(
                $"subject.getReferenceKey({type})",
                "{\"resourceType\":\"Encounter\",\"subject\":{\"reference\":\"" + reference + "\"}}"
            )
        );

    [Fact]
    public void A_regular_expression_that_runs_away_is_stopped() =>
        Assert.Contains(
            "takes longer",
            Assert.Throws<FhirPathException>(() => Evaluate($"'{new string('a', 40)}!'.matches('^(a+)+$')")).Reason,
            StringComparison.Ordinal
        );

    [Fact]
    public void Deep_nesting_is_refused_rather_than_exhausting_the_stack()
    {
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile(new string('(', 100_000)));
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile(new string('-', 100_000) + "1"));
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile("a" + string.Concat(Enumerable.Repeat(".a", 100_000))));
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile("1" + string.Concat(Enumerable.Repeat("+1", 100_000))));
    }
}
