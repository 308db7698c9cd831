using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>How a wish to change a view came out.</summary>
/// <param name="RunId">The run that fills the new table; null when nothing had to be filled.</param>
internal readonly record struct ViewChange(ViewOutcome Outcome, long? RunId = null, string? Reason = null);

/// <summary>
/// Changes views. A new definition gets a table of its own, which ingestion writes beside the old one and a run fills from the stored raw
/// JSON; when it is full it takes the view's name. Until then, and when it never comes to that, the old one is what is read.
/// </summary>
internal sealed class ViewChanges(Database database, ViewCatalog catalog, TimeProvider time)
{
    // Readers of the old table hold the swap up; nobody who ingests waits for them longer than this at a time.
    private const string SwapPatience = "2s";

    /// <summary>Makes this definition the view's. The run, where there is one, is the caller's to have taken up.</summary>
    /// <exception cref="ViewDefinitionException">It cannot be a table.</exception>
    public Task<ViewChange> PutAsync(string json, string origin, CancellationToken cancellationToken, bool replace = false)
    {
        var view = ViewTableRules.Compile(Encoding.UTF8.GetBytes(json));
        return ChangeAsync(
            async (session, token) =>
            {
                var name = view.Definition.Name!;
                var known = await ViewStore.FindAsync(session, name, token);
                if (await RefusalAsync(session, view, known, origin, token) is { } reason)
                    return new ViewChange(known?.Origin == ViewOrigin.File && origin == ViewOrigin.Api ? ViewOutcome.BelongsToFile : ViewOutcome.Refused, null, reason);
                if (known is not null && (known.NextDefinition ?? known.Definition) is { } present && IsSame(present, json))
                    return await KeepAsync(session, known, origin, token);
                if (PlatformViews.Has(name) && origin == ViewOrigin.Api && !replace)
                    return new ViewChange(ViewOutcome.NeedsReplace, null, $"the view {name} comes with the platform: add ?replace=true to change it");
                return await BeginAsync(session, known ?? new ViewRecord { Name = name, Origin = origin }, view, json, origin, token);
            },
            cancellationToken);
    }

    /// <summary>Fills the view's table anew.</summary>
    public Task<ViewChange> RebuildAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (await ViewStore.FindAsync(session, name, token) is not { } known)
                    return new ViewChange(ViewOutcome.Unknown);
                var json = (known.NextDefinition ?? known.Definition)!;
                return await BeginAsync(session, known, ViewTableRules.Compile(Encoding.UTF8.GetBytes(json)), json, known.NextOrigin ?? known.Origin, token);
            },
            cancellationToken);

    /// <summary>The table that the run has filled takes the view's name.</summary>
    /// <exception cref="PagesLostException">A crashed database has forgotten what filled it last.</exception>
    public Task SwapAsync(RunRecord run, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (session.Dialect == SqlDialect.Postgres)
                    await session.ExecuteAsync($"SET LOCAL lock_timeout = '{SwapPatience}'", null, token);
                if (await ViewStore.FindByRunAsync(session, run.RunId, token) is not { } view)
                    return new ViewChange(ViewOutcome.Unchanged); // a crash came between this and the run's end
                if (!await RunStore.IsAsKnownAsync(session, run, token))
                    throw await RunStore.RefusalAsync(session, run, token);
                if (view.Definition is not null)
                    await DropAsync(session, view.Name, token);
                await session.ExecuteAsync($"ALTER TABLE {TableSql.Quote(view.NextTable)} RENAME TO {TableSql.Quote(view.Name)}", null, token);
                await ViewFailureStore.RenameTableAsync(session, view.NextTable, view.Name, token);
                await ViewStore.SaveAsync(
                    session,
                    WithoutNext(view) with { Origin = view.NextOrigin!, Definition = view.NextDefinition, Layout = ViewTable.CurrentLayout },
                    token);
                return new ViewChange(ViewOutcome.Active);
            },
            cancellationToken);

    /// <summary>The run will not fill its table: the table goes, the view stays what it was. Inside the transaction that ends the run.</summary>
    public static async Task AbandonAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await ViewStore.FindByRunAsync(session, runId, cancellationToken) is null)
            return;
        await ViewStore.LockAsync(session, cancellationToken);
        if (await ViewStore.FindByRunAsync(session, runId, cancellationToken) is not { } view)
            return;
        await DropAsync(session, view.NextTable, cancellationToken);
        if (view.Definition is null)
            await ViewStore.RemoveAsync(session, view, cancellationToken);
        else
            await ViewStore.SaveAsync(session, WithoutNext(view), cancellationToken);
    }

    /// <summary>
    /// Removes a user's view with its table. Where it replaced one of the platform's own views, that one comes back, filled by a run.
    /// </summary>
    public Task<ViewChange> DeleteAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (await ViewStore.FindAsync(session, name, token) is not { } known)
                    return new ViewChange(ViewOutcome.Unknown);
                switch (known.NextOrigin ?? known.Origin)
                {
                    case ViewOrigin.File:
                        return new ViewChange(ViewOutcome.BelongsToFile, null, $"the view {name} is given by a file of Views:Directory: remove it there");
                    case ViewOrigin.Platform:
                        return new ViewChange(ViewOutcome.NeedsReplace, null, $"the view {name} comes with the platform and stays");
                }

                if (PlatformViews.Has(known.Name))
                {
                    var own = DefaultViews.Read(known.Name);
                    return await BeginAsync(session, known, ViewTableRules.Compile(own), Encoding.UTF8.GetString(own), ViewOrigin.Platform, token);
                }

                known = await DropNextAsync(session, known, token);
                await DropAsync(session, known.Name, token);
                await ViewStore.RemoveAsync(session, known, token);
                return new ViewChange(ViewOutcome.Deleted);
            },
            cancellationToken);

    /// <summary>The names of views whose table has a layout of an older program, and which no run is filling.</summary>
    public async Task<IReadOnlyList<string>> OutdatedAsync(CancellationToken cancellationToken) =>
    [
        .. (await catalog.RefreshAsync(cancellationToken)).Views
            .Where(v => v is { Next: null, Record.Layout: < ViewTable.CurrentLayout }).Select(v => v.Record.Name),
    ];

    private async Task<ViewChange> ChangeAsync(Func<DbSession, CancellationToken, Task<ViewChange>> change, CancellationToken cancellationToken)
    {
        var changed = await database.WriteAsync(
            async (session, token) =>
            {
                await ViewStore.LockAsync(session, token);
                return await change(session, token);
            },
            cancellationToken);
        catalog.Forget();
        return changed;
    }

    private static async Task<string?> RefusalAsync(
        DbSession session, CompiledView view, ViewRecord? known, string origin, CancellationToken cancellationToken)
    {
        var name = view.Definition.Name!;
        if (known is not null && known.Name != name)
            return $"name: there is another view {known.Name}: names differ by more than case";
        if (known?.Origin == ViewOrigin.File && origin == ViewOrigin.Api)
            return $"the view {name} is given by a file of Views:Directory: change it there";
        if (PlatformViews.ResourceTypeOf(name) is { } type && type != view.Definition.Resource)
            return $"resource: the view {name} is the platform's own over {type}: give a view over {view.Definition.Resource} another name";
        if (known is null && await ViewStore.FindTableAsync(session, name, cancellationToken) is { } table)
            return $"name: there is a table {table} that is no view's: give the view another name";
        return null;
    }

    private static async Task<ViewChange> KeepAsync(DbSession session, ViewRecord known, string origin, CancellationToken cancellationToken)
    {
        if ((known.NextOrigin ?? known.Origin) != origin)
        {
            var kept = known.NextDefinition is null ? known with { Origin = origin } : known with { NextOrigin = origin };
            await ViewStore.SaveAsync(session, kept, cancellationToken);
        }

        return new ViewChange(ViewOutcome.Unchanged, known.NextRunId);
    }

    private async Task<ViewChange> BeginAsync(
        DbSession session, ViewRecord known, CompiledView view, string json, string origin, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        known = await DropNextAsync(session, known, cancellationToken);
        known = known with { Generation = known.Generation + 1, ChangedAt = now };
        if (!await ViewStore.HasResourcesAsync(session, view.Definition.Resource, cancellationToken))
        {
            if (known.Definition is not null)
                await DropAsync(session, known.Name, cancellationToken);
            await CreateAsync(session, view, known.Name, known.NextTable, cancellationToken);
            await ViewStore.SaveAsync(
                session, known with { Origin = origin, Definition = json, Layout = ViewTable.CurrentLayout }, cancellationToken);
            return new ViewChange(ViewOutcome.Active);
        }

        await CreateAsync(session, view, known.NextTable, known.NextTable, cancellationToken);
        var run = await RunStore.InsertAsync(session, RunFor(view, now), cancellationToken)
            ?? throw new InvalidOperationException($"the view {known.Name} is being filled by a run that it does not know");
        await ViewStore.SaveAsync(session, known with { NextOrigin = origin, NextDefinition = json, NextRunId = run.RunId }, cancellationToken);
        return new ViewChange(ViewOutcome.Building, run.RunId);
    }

    /// <summary>A run under a source of its own, which no server's name can be, so that ingestion of the type goes on beside it.</summary>
    private static RunRecord RunFor(CompiledView view, DateTimeOffset now) => new()
    {
        Source = $"view:{view.Definition.Name}",
        ResourceType = view.Definition.Resource,
        ViewName = view.Definition.Name,
        Status = RunStatus.Running,
        StartedAt = now,
        RequestJson = JsonSerializer.Serialize(
            new RunRequest(null, Full: true, MissingPatients.Ignore, RunMeta.None with { Job = $"view:{view.Definition.Name}", Trigger = "view" })),
    };

    private static ViewRecord WithoutNext(ViewRecord view) =>
        view with { NextOrigin = null, NextDefinition = null, NextRunId = null, NextSource = null, NextId = null };

    private async Task<ViewRecord> DropNextAsync(DbSession session, ViewRecord known, CancellationToken cancellationToken)
    {
        if (known.NextRunId is not { } running)
            return known;
        await RunStore.CancelAsync(session, running, time.GetUtcNow(), cancellationToken);
        await DropAsync(session, known.NextTable, cancellationToken);
        return WithoutNext(known);
    }

    /// <summary>The table with its indexes, and, on PostgreSQL, comments that say where each column comes from.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="view">Gives the columns.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="indexPrefix">Begins the names of the indexes, which stay when the table is renamed.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    private static async Task CreateAsync(
        DbSession session, CompiledView view, string name, string indexPrefix, CancellationToken cancellationToken)
    {
        var table = new ViewTable(view, name);
        await session.ExecuteAsync(TableSql.CreateTable(table.Shape, session.Dialect), null, cancellationToken);
        foreach (var column in table.IndexedColumns())
        {
            var index = TableSql.Quote($"{indexPrefix}_{(column == ViewTable.PatientId ? "patient" : "time")}");
            await session.ExecuteAsync($"CREATE INDEX {index} ON {TableSql.Quote(name)} ({TableSql.Quote(column)})", null, cancellationToken);
        }

        if (session.Dialect == SqlDialect.Postgres)
            await session.ExecuteAsync(string.Join(";\n", ViewComments.Of(table)), null, cancellationToken);
    }

    private static async Task DropAsync(DbSession session, string table, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"DROP TABLE IF EXISTS {TableSql.Quote(table)}", null, cancellationToken);
        await ViewFailureStore.ForgetTableAsync(session, table, cancellationToken);
    }

    /// <summary>The same definition, whatever its white space.</summary>
    private static bool IsSame(string a, string b)
    {
        using var first = JsonDocument.Parse(a);
        using var second = JsonDocument.Parse(b);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }
}
