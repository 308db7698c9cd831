using System.Text;
using System.Text.Json;
using Interop.Fhir.Client;

namespace Interop.Fhir.Tests.Client;

public sealed class BundlePageTests
{
    [Fact]
    public void A_page_is_read_with_its_entries_as_slices_of_it()
    {
        const string Text = """
            {"resourceType":"Bundle","total":2,"link":[{"relation":"self","url":"s"},{"relation":"next","url":"n"}],
             "entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"a"},"search":{"mode":"match"}},
                      {"request":{"method":"DELETE","url":"Patient/b"}}]}
            """;

        var page = Parse(Text);

        Assert.Equal(("Bundle", "n", 2), (page.ResourceType, page.Next, page.Total));
        Assert.Equal("""{"resourceType":"Patient","id":"a"}""", Encoding.UTF8.GetString(page.Entries[0].Resource.Span));
        Assert.Equal("match", page.Entries[0].SearchMode);
        Assert.True(page.Entries[1].Resource.IsEmpty);
        Assert.Equal(("DELETE", "Patient/b"), (page.Entries[1].RequestMethod, page.Entries[1].RequestUrl));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"Bundle\"")]
    [InlineData("{")]
    [InlineData("""{"resourceType":"Bundle","entry":[""")]
    [InlineData("""{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Pat""")]
    [InlineData("""{"resourceType":"Bundle"} {"resourceType":"Bundle"}""")]
    [InlineData("""{"resourceType":"Bundle","entry":{}}""")]
    [InlineData("""{"resourceType":"Bundle","entry":"none"}""")]
    [InlineData("""{"resourceType":"Bundle","link":{}}""")]
    [InlineData("""{"resourceType":"Bundle","link":["next"]}""")]
    [InlineData("<html></html>")]
    public void A_text_that_is_not_one_document_of_the_right_shape_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => Parse(text));

    [Theory]
    [InlineData("""{}""", 0)]
    [InlineData("""{"resourceType":7}""", 0)]
    [InlineData("""{"resourceType":"Bundle","entry":[]}""", 0)]
    [InlineData("""{"resourceType":"Bundle","total":"many","entry":[{}]}""", 1)]
    [InlineData("""{"total":{"total":7,"entry":[{},{}]},"entry":[{}]}""", 1)]
    [InlineData("""{"entry":[null,1,"x",[],{"resource":null},{"resource":[]},{"resource":"x"}]}""", 7)]
    [InlineData("""{"entry":[{"search":"match","request":[],"resource":{}}]}""", 1)]
    [InlineData("""{"link":[{"relation":"next"},{"relation":"next","url":""},{"relation":"next","url":5}]}""", 0)]
    public void An_unusual_but_readable_page_is_read(string text, int entries)
    {
        var page = Parse(text);

        Assert.Equal(entries, page.Entries.Count);
        Assert.Null(page.Next);
        Assert.Null(page.Total);
    }

    [Fact]
    public void A_document_cut_at_any_byte_is_refused()
    {
        var whole = Encoding.UTF8.GetBytes(
            """{"resourceType":"Bundle","link":[{"relation":"next","url":"ü"}],"entry":[{"resource":{"id":"a"}}]}"""
        );
        Assert.Single(BundlePage.Parse(whole).Entries);

        for (var length = 0; length < whole.Length; length++)
            Assert.ThrowsAny<JsonException>(() => BundlePage.Parse(whole.AsMemory(0, length)));
    }

    [Fact]
    public void Deep_nesting_inside_an_entry_does_not_fail_the_page()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);

        Assert.Single(Parse($$$"""{"resourceType":"Bundle","entry":[{"resource":{"x":{{{deep}}}}}]}""").Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"resourceType\":\"Bundle\",\"meta\":{},")]
    [InlineData("\"resourceType\":\"Bundle\",\"link\":[{\"relation\":\"next\",\"url\":\"n\"}],")]
    public void Endless_nesting_outside_the_entries_is_refused_early(string begin)
    {
        // The document also has no end: a reader that does not stop early reads all ten million levels.
        var deep = "{" + begin + "\"x\":" + new StringBuilder().Insert(0, "{\"a\":", 10_000_000);

        var refused = Assert.ThrowsAny<JsonException>(() => Parse(deep));

        Assert.Equal("nested more than 256 levels deep", refused.Message);
    }

    [Theory]
    [InlineData("\"x\":DEEP,\"resourceType\":\"Patient\"", null, true)]
    [InlineData("\"resourceType\":\"Patient\",\"id\":DEEP", "Patient", true)]
    [InlineData("\"resourceType\":\"Patient\",\"meta\":DEEP", "Patient", true)]
    [InlineData("\"resourceType\":\"Patient\",\"meta\":{\"tag\":DEEP}", "Patient", true)]
    [InlineData("\"resourceType\":\"Patient\",\"id\":\"a\",\"meta\":{},\"x\":DEEP", "Patient", false)]
    public void A_header_is_read_up_to_nesting_without_end(string members, string? type, bool isTooDeep)
    {
        var deep = new string('[', 5_000_000);

        var header = ResourceHeader.Read(Encoding.UTF8.GetBytes("{" + members.Replace("DEEP", deep, StringComparison.Ordinal) + "}"));

        Assert.Equal((type, isTooDeep), (header.ResourceType, header.IsTooDeep));
    }

    private static BundlePage Parse(string text) => BundlePage.Parse(Encoding.UTF8.GetBytes(text));
}
