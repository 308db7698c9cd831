using Interop.Ingestion;
using Interop.Views;

namespace Interop.Grains.Tests.Support;

/// <summary>A view over Basic resources, whose one column can be told to fail on those that have a coding beside their text.</summary>
internal static class BasicsView
{
    public const string Sound = "code.text";
    public const string FailsOnCodings = "code.text.combine(code.coding.display)";

    private const string Coding = """
        "coding":[{"display":"beside it"}],
        """;

    /// <summary>Makes this path the column's, and waits until the table has it.</summary>
    public static async Task PutAsync(IClusterClient client, string path)
    {
        var view = await client.GetGrain<IViewGrain>("basics").Put(Definition(path));
        Assert.Contains(view.Outcome, new[] { ViewOutcome.Active, ViewOutcome.Building, ViewOutcome.Unchanged });
        if (view.RunId is { } run)
            Assert.Equal(RunStatus.Success, (await client.GetGrain<IIngestionRunGrain>(run).Follow().LastAsync()).Status);
    }

    public static string Resource(string id, string text, bool withCoding = false) =>
        $$$"""{"resourceType":"Basic","id":"{{{id}}}","code":{ {{{(withCoding ? Coding : "")}}}"text":"{{{text}}}"}}""";

    private static JsonText Definition(string path) => new(
        $$"""
        {"resourceType":"ViewDefinition","name":"basics","resource":"Basic","select":[{"column":[
          {"name":"id","path":"getResourceKey()","type":"id"},{"name":"text","path":"{{path}}","type":"string"}]}]}
        """);
}
