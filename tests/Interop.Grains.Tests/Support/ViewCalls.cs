using Interop.Ingestion;
using Interop.Views;

namespace Interop.Grains.Tests.Support;

/// <summary>Views through the grains, as the front end puts them.</summary>
internal static class ViewCalls
{
    public static JsonText Definition(string name, string resource, string select, string? where = null)
    {
        var condition = where is null
            ? ""
            : $$"""
                "where":[{"path":"{{where}}"}],
                """;
        return new JsonText(
            $$"""{"resourceType":"ViewDefinition","name":"{{name}}","resource":"{{resource}}",{{condition}}"select":{{select}}}"""
        );
    }

    public static Task<ViewChangeResult> PutViewAsync(
        this IClusterClient client,
        string name,
        string resource,
        string select,
        string? where = null,
        bool replace = false
    ) => client.View(name).Put(Definition(name, resource, select, where), replace);

    /// <summary>Puts the view and waits until its table has it.</summary>
    public static async Task PutViewToEndAsync(
        this IClusterClient client,
        string name,
        string resource,
        string select,
        string? where = null
    )
    {
        var put = await client.PutViewAsync(name, resource, select, where);
        Assert.True(put.Outcome is ViewOutcome.Active or ViewOutcome.Building or ViewOutcome.Unchanged, put.Reason);
        if (put.RunId is { } run)
            Assert.Equal(RunStatus.Success, (await client.EndOfAsync(run)).Status);
    }

    public static Task<ViewInfo?> FindViewAsync(this IClusterClient client, string name) => client.ViewQueries().Find(name);
}
