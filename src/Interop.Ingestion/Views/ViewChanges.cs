using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Ingestion.Resources;
using Interop.Ingestion.Runs;
using Interop.Storage;
using Interop.Views;

namespace Interop.Ingestion.Views;

/// <summary>
/// Changes views. A new definition gets a table of its own. Ingestion writes it beside the old table, and a run fills it from the stored
/// raw JSON. When it is full it takes the view's name. Until then, and when the run fails, readers see the old table.
/// </summary>
internal sealed class ViewChanges(Database database, ViewCatalog catalog, TimeProvider time)
{
    /// <summary>Gives the view this definition. When a run must fill its table, the caller resumes that run.</summary>
    /// <exception cref="ViewDefinitionException">The definition cannot be a table.</exception>
    /// <param name="replace">Allows the API to change one of the platform's own views.</param>
    /// <param name="platformVersion">The version of a view of the platform: it does not replace that of a newer program.</param>
    public Task<ViewChangeResult> PutAsync(
        string json,
        string origin,
        CancellationToken cancellationToken,
        bool replace = false,
        int platformVersion = DefaultViews.Version
    )
    {
        var view = ViewTableRules.Compile(Encoding.UTF8.GetBytes(json));
        return ChangeAsync(
            async (session, token) =>
            {
                var name = view.Definition.Name!;
                var known = await ViewStore.FindAsync(session, name, token);
                if (origin == ViewOrigin.Platform)
                {
                    await ViewStore.RaisePlatformVersionAsync(session, platformVersion, token);
                    if (known is not null && await ViewStore.PlatformVersionAsync(session, token) > platformVersion)
                        return Result(ViewOutcome.Unchanged, known.NextRunId);
                }

                if (await RefusalAsync(session, view, known, origin, token) is { } reason)
                    return Result(
                        known?.Origin == ViewOrigin.File && origin == ViewOrigin.Api ? ViewOutcome.BelongsToFile : ViewOutcome.Refused,
                        null,
                        reason
                    );
                if (known is not null && (known.NextDefinition ?? known.Definition) is { } present && IsSame(present, json))
                    return await KeepAsync(session, known, origin, token);
                if (PlatformViews.Has(name) && origin == ViewOrigin.Api && !replace)
                    return Result(
                        ViewOutcome.NeedsReplace,
                        null,
                        $"the view {name} comes with the platform: add ?replace=true to change it"
                    );
                return await BeginAsync(session, known ?? new ViewRecord { Name = name, Origin = origin }, view, json, origin, token);
            },
            cancellationToken
        );
    }

    /// <summary>Begins to fill the view's table anew.</summary>
    public Task<ViewChangeResult> RebuildAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (await ViewStore.FindAsync(session, name, token) is not { } known)
                    return Result(ViewOutcome.Unknown);
                var json = (known.NextDefinition ?? known.Definition)!;
                return await BeginAsync(
                    session,
                    known,
                    ViewTableRules.Compile(Encoding.UTF8.GetBytes(json)),
                    json,
                    known.NextOrigin ?? known.Origin,
                    token
                );
            },
            cancellationToken
        );

    /// <summary>The table that the run has filled takes the view's name.</summary>
    /// <exception cref="PagesLostException">The database crashed and lost the last chunks that it had committed.</exception>
    public Task SwapAsync(RunRecord run, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (await ViewStore.FindByRunAsync(session, run.RunId, token) is not { } view)
                    return Result(ViewOutcome.Unchanged); // the process was killed between this step and the run's end
                if (!await RunStore.IsAsKnownAsync(session, run, token))
                    throw await RunStore.RefusalAsync(session, run, token);
                await ViewTableStore.ReplaceAsync(session, view.NextTable, view.Name, token);
                await ViewStore.SaveAsync(
                    session,
                    WithoutNext(view) with
                    {
                        Origin = view.NextOrigin!,
                        Definition = view.NextDefinition,
                        Layout = ViewTable.CurrentLayout,
                    },
                    token
                );
                return Result(ViewOutcome.Active);
            },
            cancellationToken
        );

    /// <summary>
    /// The run will not fill its table: drops the table and keeps the view as it was. The caller ends the run in the same transaction.
    /// Does nothing for a run that fills no table.
    /// </summary>
    public static async Task AbandonAsync(DbSession session, long runId, CancellationToken cancellationToken)
    {
        if (await ViewStore.FindByRunAsync(session, runId, cancellationToken) is null)
            return;
        await ViewStore.LockAsync(session, cancellationToken);
        if (await ViewStore.FindByRunAsync(session, runId, cancellationToken) is not { } view)
            return;
        await ViewTableStore.DropAsync(session, view.NextTable, cancellationToken);
        if (view.Definition is null)
            await ViewStore.DeleteAsync(session, view, cancellationToken);
        else
            await ViewStore.SaveAsync(session, WithoutNext(view), cancellationToken);
    }

    /// <summary>Deletes a user's view with its table. When it replaced one of the platform's own views, a run fills that one
    /// again.</summary>
    public Task<ViewChangeResult> DeleteAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(
            async (session, token) =>
            {
                if (await ViewStore.FindAsync(session, name, token) is not { } known)
                    return Result(ViewOutcome.Unknown);
                switch (known.NextOrigin ?? known.Origin)
                {
                    case ViewOrigin.File:
                        return Result(
                            ViewOutcome.BelongsToFile,
                            null,
                            $"the view {name} is given by a file of Views:Directory: remove it there"
                        );
                    case ViewOrigin.Platform:
                        return Result(ViewOutcome.NeedsReplace, null, $"the view {name} comes with the platform and stays");
                }

                if (PlatformViews.Has(known.Name))
                {
                    var own = DefaultViews.Read(known.Name);
                    return await BeginAsync(
                        session,
                        known,
                        ViewTableRules.Compile(own),
                        Encoding.UTF8.GetString(own),
                        ViewOrigin.Platform,
                        token
                    );
                }

                known = await DropNextAsync(session, known, token);
                await ViewTableStore.DropAsync(session, known.Name, token);
                await ViewStore.DeleteAsync(session, known, token);
                return Result(ViewOutcome.Deleted);
            },
            cancellationToken
        );

    /// <summary>The names of views whose table has the layout of an older program, and which no run fills.</summary>
    public async Task<IReadOnlyList<string>> OutdatedAsync(CancellationToken cancellationToken) =>
        [
            .. (await catalog.RefreshAsync(cancellationToken))
                .Views.Where(v => v is { Next: null, Record.Layout: < ViewTable.CurrentLayout })
                .Select(v => v.Record.Name),
        ];

    private async Task<ViewChangeResult> ChangeAsync(
        Func<DbSession, CancellationToken, Task<ViewChangeResult>> change,
        CancellationToken cancellationToken
    )
    {
        var changed = await database.WriteAsync(
            async (session, token) =>
            {
                await ViewStore.LockAsync(session, token);
                return await change(session, token);
            },
            cancellationToken
        );
        catalog.Forget();
        return changed;
    }

    private static async Task<string?> RefusalAsync(
        DbSession session,
        CompiledView view,
        ViewRecord? known,
        string origin,
        CancellationToken cancellationToken
    )
    {
        var name = view.Definition.Name!;
        if (known is not null && known.Name != name)
            return $"name: there is another view {known.Name}: names must differ by more than case";
        if (known?.Origin == ViewOrigin.File && origin == ViewOrigin.Api)
            return $"the view {name} is given by a file of Views:Directory: change it there";
        if (PlatformViews.ResourceTypeOf(name) is { } type && type != view.Definition.Resource)
            return $"resource: the view {name} is the platform's own over {type}: give a view over {view.Definition.Resource} another name";
        if (known is null && await ViewTableStore.FindAsync(session, name, cancellationToken) is { } table)
            return $"name: there is a table {table} that belongs to no view: give the view another name";
        return null;
    }

    private static async Task<ViewChangeResult> KeepAsync(
        DbSession session,
        ViewRecord known,
        string origin,
        CancellationToken cancellationToken
    )
    {
        if ((known.NextOrigin ?? known.Origin) != origin)
        {
            var kept = known.NextDefinition is null ? known with { Origin = origin } : known with { NextOrigin = origin };
            await ViewStore.SaveAsync(session, kept, cancellationToken);
        }

        return Result(ViewOutcome.Unchanged, known.NextRunId);
    }

    private async Task<ViewChangeResult> BeginAsync(
        DbSession session,
        ViewRecord known,
        CompiledView view,
        string json,
        string origin,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        known = await DropNextAsync(session, known, cancellationToken);
        known = known with { Generation = known.Generation + 1, ChangedAt = now };
        if (
            !await ResourceStore.AnyAsync(
                session,
                await RunStore.SourcesAsync(session, cancellationToken),
                view.Definition.Resource,
                cancellationToken
            )
        )
        {
            if (known.Definition is not null)
                await ViewTableStore.DropAsync(session, known.Name, cancellationToken);
            await ViewTableStore.CreateAsync(session, new ViewTable(view, known.Name), known.NextTable, cancellationToken);
            await ViewStore.SaveAsync(
                session,
                known with
                {
                    Origin = origin,
                    Definition = json,
                    Layout = ViewTable.CurrentLayout,
                },
                cancellationToken
            );
            return Result(ViewOutcome.Active);
        }

        await ViewTableStore.CreateAsync(session, new ViewTable(view, known.NextTable), known.NextTable, cancellationToken);
        var run =
            await RunStore.InsertAsync(session, RunFor(view, now), cancellationToken)
            ?? throw new InvalidOperationException($"the view {known.Name} has an active run that its row does not name");
        await ViewStore.SaveAsync(
            session,
            known with
            {
                NextOrigin = origin,
                NextDefinition = json,
                NextRunId = run.RunId,
            },
            cancellationToken
        );
        return Result(ViewOutcome.Building, run.RunId);
    }

    /// <summary>A run under a source name that no server can have, so that ingestion of the type can run at the same time.</summary>
    private static RunRecord RunFor(CompiledView view, DateTimeOffset now) =>
        new()
        {
            Source = $"view:{view.Definition.Name}",
            ResourceType = view.Definition.Resource,
            ViewName = view.Definition.Name,
            Status = RunStatus.Running,
            StartedAt = now,
            FullFetch = true,
            Job = $"view:{view.Definition.Name}",
            TriggeredBy = "view",
        };

    private static ViewRecord WithoutNext(ViewRecord view) =>
        view with
        {
            NextOrigin = null,
            NextDefinition = null,
            NextRunId = null,
            NextSource = null,
            NextId = null,
        };

    private static ViewChangeResult Result(ViewOutcome outcome, long? runId = null, string? reason = null) =>
        new(outcome, null, runId, reason, null);

    private async Task<ViewRecord> DropNextAsync(DbSession session, ViewRecord known, CancellationToken cancellationToken)
    {
        if (known.NextRunId is not { } running)
            return known;
        await RunStore.CancelAsync(session, running, time.GetUtcNow(), cancellationToken);
        await ViewTableStore.DropAsync(session, known.NextTable, cancellationToken);
        return WithoutNext(known);
    }

    /// <summary>Whether the definitions differ by white space only.</summary>
    private static bool IsSame(string a, string b)
    {
        using var first = JsonDocument.Parse(a);
        using var second = JsonDocument.Parse(b);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }
}
