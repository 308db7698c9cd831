using System.Text.Json;
using Interop.Grains.Tests.Support;

namespace Interop.Grains.Tests.Views;

/// <summary>The queries of docs/queries and of the Grafana dashboard, over the sandbox's data on PostgreSQL.</summary>
[Collection(OnPostgres.Name)]
public sealed class ExampleQueryTests(PostgresSilo silo) : IngestionSuite(silo)
{
    [Fact]
    public async Task Every_example_query_and_every_panel_of_the_dashboard_returns_rows()
    {
        var (_, source) = await SandboxAsync();
        foreach (var type in (string[])["Patient", "Encounter", "Condition", "Observation"])
            await Client.RunAsync(source, type);
        var queries = Examples().Concat(Panels()).ToList();

        Assert.Equal(5, Examples().Count());
        foreach (var (name, sql) in queries)
            Assert.True(await RowsAsync(sql) > 0, $"{name} returned no row");
    }

    private static IEnumerable<(string Name, string Sql)> Examples() =>
        Directory
            .GetFiles(Path.Combine(TablesDocumentTests.Root(), "docs", "queries"), "*.sql")
            .Select(file => (file, File.ReadAllText(file)));

    private static IEnumerable<(string Name, string Sql)> Panels()
    {
        using var dashboard = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(TablesDocumentTests.Root(), "deploy", "grafana", "interop.json"))
        );
        foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
            {
                // Grafana replaces the macro by the dashboard's range of time.
                if (target.TryGetProperty("rawSql", out var sql))
                    yield return (
                        panel.GetProperty("title").GetString()!,
                        sql.GetString()!.Replace("$__timeFilter(started_at)", "started_at IS NOT NULL", StringComparison.Ordinal)
                    );
            }
        }
    }

    private Task<int> RowsAsync(string sql) =>
        Database.ReadAsync(
            async (session, cancellationToken) =>
            {
                await using var command = session.Connection.CreateCommand();
                command.CommandText = sql;
                command.Transaction = session.Transaction;
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                var rows = 0;
                while (await reader.ReadAsync(cancellationToken))
                    rows++;
                return rows;
            }
        );
}
