using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Interop.Fhir.Views;

namespace Interop.Ingestion.Views;

/// <summary>The rules for a view that becomes a table, beyond those for every ViewDefinition.</summary>
internal static partial class ViewTableRules
{
    // A PostgreSQL name has at most 63 bytes, and a table that a run fills has a longer name than its view.
    private const int MaxNameLength = 50;
    private const int MaxColumns = 1000;

    /// <summary>The platform's own tables, including those of planned features.</summary>
    private static readonly FrozenSet<string> Taken = FrozenSet.ToFrozenSet(
        [
            "resources",
            "ingestion_runs",
            "run_claims",
            "run_parts",
            "run_seen",
            "checkpoints",
            "dead_letters",
            "views",
            "view_epoch",
            "view_failures",
            "platform_views",
            "schema_version",
            "schedules",
            "source_servers",
            "process_leases",
            "users",
            "api_keys",
            "patient_key_check",
            "pollers",
            "audit_scores",
            "audit_event_patients",
            "audit_alerts",
            "suppressions",
            "alert_feedback",
            "alert_outbox",
            "alert_windows",
            "anomaly_models",
            "anomaly_model_days",
            "access_cases",
            "access_profiles",
            "access_populations",
            "watchlist",
            "telemetry_events",
            "telemetry_rejects",
            "pd_executions",
            "pd_searches",
            "timeline_events",
            "uploads",
            "upload_files",
            "upload_rows",
            "upload_locks",
            "tm2_files",
            "tm2_records",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>PostgreSQL's system columns, which every table has.</summary>
    private static readonly FrozenSet<string> SystemColumns = FrozenSet.ToFrozenSet(
        ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Reads, compiles and checks a view's JSON.</summary>
    /// <exception cref="ViewDefinitionException">The view cannot be a table; place and reason say why.</exception>
    public static CompiledView Compile(ReadOnlySpan<byte> json)
    {
        var view = CompiledView.Compile(ViewDefinition.Parse(json, requireName: true));
        CheckName(view.Definition.Name!);
        CheckColumns(view);
        return view;
    }

    private static void CheckName(string name)
    {
        if (name.Length > MaxNameLength)
            throw new ViewDefinitionException("name", $"'{name}' has {name.Length} characters; a table's name has at most {MaxNameLength}");
        if (Taken.Contains(name) || OfTheDatabase().IsMatch(name))
            throw new ViewDefinitionException("name", $"the table name {name} is taken by the platform: give the view another name");
    }

    private static void CheckColumns(CompiledView view)
    {
        if (view.Columns.Count > MaxColumns)
            throw new ViewDefinitionException("select", $"the view has {view.Columns.Count} columns; a table has at most {MaxColumns}");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in view.Columns)
        {
            var place = $"{column.Place}.name";
            if (!names.Add(column.Name))
                throw new ViewDefinitionException(
                    place,
                    $"there is another column {column.Name}: the columns of a table must differ by more than case"
                );
            if (
                ViewTable.IsId(column)
                && (column.Name != ViewTable.Id || column.IsCollection || column.Path.Trim() is not ("getResourceKey()" or "id"))
            )
                throw new ViewDefinitionException(
                    place,
                    "the column id is the resource's id (path getResourceKey()): name this column otherwise"
                );
            if (column.Name.ToLowerInvariant() is ViewTable.Source or ViewTable.RunId or ViewTable.LoadedAt or ViewTable.RowIndex)
                throw new ViewDefinitionException(
                    place,
                    $"every table has a column {column.Name} of the platform's own: name this column otherwise"
                );
            if (SystemColumns.Contains(column.Name))
                throw new ViewDefinitionException(
                    place,
                    $"every table of PostgreSQL has a system column {column.Name}: name this column otherwise"
                );
        }
    }

    [GeneratedRegex("^(sqlite_|pg_|orleans)|__v[0-9]+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfTheDatabase();
}
