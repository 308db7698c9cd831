using System.Text;
using Interop.Fhir.Views;
using Interop.Ingestion.Views;
using Interop.Storage;

namespace Interop.Grains.Tests.Views;

/// <summary>docs/tables.md is made from the definitions. <c>INTEROP_WRITE_DOCS=1</c> writes it anew.</summary>
public sealed class TablesDocumentTests
{
    private const string Introduction = """
        # The platform's tables

        Made from `views/*.json` by `INTEROP_WRITE_DOCS=1 dotnet test tests/Interop.Grains.Tests --filter TablesDocument`; a test compares.
        [views.md](views.md) says how a view becomes a table. Types are PostgreSQL's; SQLite has TEXT for text, json and timestamptz, INTEGER for
        bigint and boolean.

        Every table has the key `(source, id)`, with `row_index` where a resource has several rows, and joins the raw JSON:
        ```sql
        SELECT p.family, r.raw FROM patients AS p
        JOIN resources AS r ON r.source = p.source AND r.resource_type = 'Patient' AND r.resource_id = p.id;
        ```
        """;

    private const string RunClaims = """

        ## run_claims
        Not a view: which processes worked on a run. A run that was interrupted has several rows; its page in the dashboard shows them.

        | column | type | what it holds |
        |---|---|---|
        | run_id | bigint | The run (ingestion_runs) |
        | epoch | bigint | Fencing token of the claim: 1 for the process that started the run, one more for each that resumed it |
        | owner | text | The process: its host, process id, start and kind (Server or Command), separated by bars |
        | claimed_at | timestamptz | When it claimed the run, in the database's time |

        The runs that were interrupted, with the processes that worked on them:
        ```sql
        SELECT run_id, epoch, owner, claimed_at FROM run_claims
        WHERE run_id IN (SELECT run_id FROM run_claims GROUP BY run_id HAVING COUNT(*) > 1) ORDER BY run_id, epoch;
        ```

        """;

    [Fact]
    public void The_document_of_the_tables_is_what_the_definitions_give()
    {
        var file = Path.Combine(Root(), "docs", "tables.md");
        var made = Document();
        if (Environment.GetEnvironmentVariable("INTEROP_WRITE_DOCS") == "1")
            File.WriteAllText(file, made);

        Assert.Equal(made, File.ReadAllText(file));
    }

    private static string Document()
    {
        var text = new StringBuilder(Introduction).Append('\n');
        foreach (var (name, view) in DefaultViews.All.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            var table = new ViewTable(view, name);
            var types = table.Shape.Columns.ToDictionary(c => c.Name, c => TableSql.TypeName(c.Type, SqlDialect.Postgres));
            text.Append($"\n## {name}\n{(table.HasManyRows ? "Rows" : "One row")} of each {table.ResourceType}.");
            text.Append(
                $" Indexes: {string.Join(", ", table.IndexedColumns().Select(c => $"`{c}`").DefaultIfEmpty("none"))} beside the key.\n\n"
            );
            text.Append("| column | type | what it holds |\n|---|---|---|\n");
            foreach (var (column, holds) in ViewComments.OfColumns(table))
                text.Append($"| {column} | {types[column]} | {holds.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.Append(RunClaims).ToString();
    }

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
