using Interop.Ingestion;
using Interop.Ingestion.Views;
using Interop.Views;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Support;

/// <summary>A view over Basic resources with one column. Its path can be changed to one that fails on resources with a coding and a
/// text.</summary>
internal static class BasicsView
{
    public const string Sound = "code.text";
    public const string FailsOnCodings = "code.text.combine(code.coding.display)";

    private const string Coding = """
        "coding":[{"display":"beside it"}],
        """;

    /// <summary>
    /// Sets the path of the column, as if the view came with the platform (a resource that it fails on is a dead letter), and waits until
    /// the table is filled.
    /// </summary>
    public static async Task PutAsync(TestSilo silo, string path)
    {
        var change = await silo
            .Services.GetRequiredService<ViewChanges>()
            .PutAsync(Definition(path).Text, ViewOrigin.Platform, CancellationToken.None);
        Assert.Contains(change.Outcome, new[] { ViewOutcome.Active, ViewOutcome.Building, ViewOutcome.Unchanged });
        if (change.RunId is not { } run)
            return;
        await silo.Client.Run(run).Resume();
        Assert.Equal(RunStatus.Success, (await silo.Client.Run(run).Follow().LastAsync()).Status);
    }

    public static string Resource(string id, string text, bool withCoding = false) =>
        $$$"""{"resourceType":"Basic","id":"{{{id}}}","code":{ {{{(withCoding ? Coding : "")}}}"text":"{{{text}}}"}}""";

    private static JsonText Definition(string path) =>
        new(
            $$"""
            {"resourceType":"ViewDefinition","name":"basics","resource":"Basic","select":[{"column":[
              {"name":"id","path":"getResourceKey()","type":"id"},{"name":"text","path":"{{path}}","type":"string"}]}]}
            """
        );
}
