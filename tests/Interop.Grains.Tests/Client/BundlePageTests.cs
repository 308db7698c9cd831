using System.Text;
using System.Text.Json;
using Interop.Fhir.Client;

namespace Interop.Grains.Tests.Client;

public sealed class BundlePageTests
{
    [Fact]
    public void APageIsReadWithItsEntriesAsSlicesOfIt()
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
    public void WhatIsNotOneDocumentOfTheRightShapeIsRefused(string text) => Assert.ThrowsAny<JsonException>(() => Parse(text));

    [Theory]
    [InlineData("""{}""", 0)]
    [InlineData("""{"resourceType":7}""", 0)]
    [InlineData("""{"resourceType":"Bundle","entry":[]}""", 0)]
    [InlineData("""{"resourceType":"Bundle","total":"many","entry":[{}]}""", 1)]
    [InlineData("""{"entry":[null,1,"x",[],{"resource":null},{"resource":[]},{"resource":"x"}]}""", 7)]
    [InlineData("""{"entry":[{"search":"match","request":[],"resource":{}}]}""", 1)]
    [InlineData("""{"link":[{"relation":"next"},{"relation":"next","url":""},{"relation":"next","url":5}]}""", 0)]
    public void WhatIsOddAndReadableIsRead(string text, int entries)
    {
        var page = Parse(text);

        Assert.Equal(entries, page.Entries.Count);
        Assert.Null(page.Next);
        Assert.Null(page.Total);
    }

    [Fact]
    public void ADocumentCutAtAnyByteIsRefused()
    {
        var whole = Encoding.UTF8.GetBytes("""{"resourceType":"Bundle","link":[{"relation":"next","url":"ü"}],"entry":[{"resource":{"id":"a"}}]}""");
        Assert.Single(BundlePage.Parse(whole).Entries);

        for (var length = 0; length < whole.Length; length++)
            Assert.ThrowsAny<JsonException>(() => BundlePage.Parse(whole.AsMemory(0, length)));
    }

    [Fact]
    public void NestingHoweverDeepIsTheValidatorsToJudge()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);

        Assert.Single(Parse($$$"""{"resourceType":"Bundle","entry":[{"resource":{"x":{{{deep}}}}}]}""").Entries);
    }

    private static BundlePage Parse(string text) => BundlePage.Parse(Encoding.UTF8.GetBytes(text));
}
