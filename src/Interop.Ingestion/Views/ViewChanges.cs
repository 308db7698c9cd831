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
    public Task<ViewChange> PutAsync(string json, string origin, CancellationToken cancellationToken)
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
                await ViewStore.SaveAsync(session, WithoutNext(view) with { Origin = view.NextOrigin!, Definition = view.NextDefinition }, token);
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
        if (known.NextRunId is { } running)
        {
            await RunStore.CancelAsync(session, running, now, cancellationToken);
            await DropAsync(session, known.NextTable, cancellationToken);
            known = WithoutNext(known);
        }

        known = known with { Generation = known.Generation + 1, ChangedAt = now };
        if (!await ViewStore.HasResourcesAsync(session, view.Definition.Resource, cancellationToken))
        {
            if (known.Definition is not null)
                await DropAsync(session, known.Name, cancellationToken);
            await CreateAsync(session, view, known.Name, cancellationToken);
            await ViewStore.SaveAsync(session, known with { Origin = origin, Definition = json }, cancellationToken);
            return new ViewChange(ViewOutcome.Active);
        }

        await CreateAsync(session, view, known.NextTable, cancellationToken);
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

    private static Task<int> CreateAsync(DbSession session, CompiledView view, string table, CancellationToken cancellationToken) =>
        session.ExecuteAsync(TableSql.CreateTable(new ViewTable(view, table).Shape, session.Dialect), null, cancellationToken);

    private static Task<int> DropAsync(DbSession session, string table, CancellationToken cancellationToken) =>
        session.ExecuteAsync($"DROP TABLE IF EXISTS {TableSql.Quote(table)}", null, cancellationToken);

    /// <summary>The same definition, whatever its white space.</summary>
    private static bool IsSame(string a, string b)
    {
        using var first = JsonDocument.Parse(a);
        using var second = JsonDocument.Parse(b);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }
}
