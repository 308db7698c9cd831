using Interop.Dashboard.Components;

namespace Interop.Dashboard.Tests.Components;

/// <summary>JSON with marked places.</summary>
public sealed class MarkedJsonTests
{
    private const string Patient = """
        {"resourceType":"Patient","name":[{"family":"Roe","given":["Ann","Bea"]},{"family":"Doe"}],"contact":[{"name":{"text":"Mum"}}],"deceasedBoolean":false}
        """;

    [Fact]
    public void Every_element_has_a_line_of_its_own()
    {
        var json = MarkedJson.Of("""{"a":1,"b":[true,null],"c":{}}""", []);

        Assert.True(json.IsJson);
        Assert.Equal(
            ["{", "  \"a\": 1,", "  \"b\": [", "    true,", "    null", "  ],", "  \"c\": {}", "}"],
            json.Lines.Select(line => line.Text)
        );
        Assert.DoesNotContain(json.Lines, line => line.IsMarked);
    }

    [Theory]
    [InlineData("Patient.name[1].family", "\"family\": \"Doe\"")]
    [InlineData("Patient.name[0].given[1]", "\"Bea\"")]
    [InlineData("Patient.deceasedBoolean", "\"deceasedBoolean\": false")]
    public void The_line_of_a_location_is_marked(string location, string line) => Assert.Equal([line], Marked(Patient, location));

    [Fact]
    public void All_lines_of_an_object_are_marked() =>
        Assert.Equal(["{", "\"name\": {", "\"text\": \"Mum\"", "}", "}"], Marked(Patient, "Patient.contact[0]"));

    [Fact]
    public void A_name_without_an_index_marks_the_whole_array() =>
        Assert.Equal(["\"contact\": [", "{", "\"name\": {", "\"text\": \"Mum\"", "}", "}", "]"], Marked(Patient, "Patient.contact"));

    [Theory]
    [InlineData("Patient.name[1].period.start", "\"family\": \"Doe\"")]
    [InlineData("Patient.name[1].use", "\"family\": \"Doe\"")]
    public void For_an_element_that_is_missing_the_nearest_one_is_marked(string location, string line) =>
        Assert.Contains(line, Marked(Patient, location));

    [Theory]
    [InlineData("Patient")]
    [InlineData("Patient.gender")]
    [InlineData("")]
    public void A_location_of_which_no_part_is_there_marks_nothing(string location) => Assert.Empty(Marked(Patient, location));

    [Fact]
    public void A_text_that_is_not_JSON_is_shown_as_it_is()
    {
        var json = MarkedJson.Of("<html>\r\nBad gateway", ["Patient.name"]);

        Assert.False(json.IsJson);
        Assert.Equal(["<html>", "Bad gateway"], json.Lines.Select(line => line.Text));
    }

    [Fact]
    public void A_text_that_travels_as_a_JSON_string_is_shown_without_its_quotes() =>
        Assert.Equal(["half a doc", "{"], MarkedJson.Of("\"half a doc\\n{\"", []).Lines.Select(line => line.Text));

    [Fact]
    public void A_very_long_document_is_cut() =>
        Assert.Equal(5_000, MarkedJson.Of($"[{string.Join(',', Enumerable.Range(0, 20_000))}]", []).Lines.Length);

    private static IEnumerable<string> Marked(string json, string location) =>
        MarkedJson.Of(json, [location]).Lines.Where(line => line.IsMarked).Select(line => line.Text.Trim().TrimEnd(','));
}
