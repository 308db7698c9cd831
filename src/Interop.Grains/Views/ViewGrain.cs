using Interop.Fhir.Views;
using Interop.Ingestion;
using Interop.Ingestion.Views;

namespace Interop.Views;

/// <inheritdoc cref="IViewGrain"/>
internal sealed class ViewGrain(ViewChanges changes, ViewDirectory views, ViewReader reader) : Grain, IViewGrain
{
    private string Name => this.GetPrimaryKeyString();

    public async Task<ViewChangeResult> Put(JsonText definition, bool replace)
    {
        try
        {
            var view = ViewTableRules.Compile(System.Text.Encoding.UTF8.GetBytes(definition.Text));
            if (view.Definition.Name != Name)
                return Refused($"name: '{view.Definition.Name}' is not '{Name}', the view that the path names");
            var trial = await reader.TryAsync(view, CancellationToken.None);
            return await StartRunAsync(await changes.PutAsync(definition.Text, ViewOrigin.Api, CancellationToken.None, replace), trial);
        }
        catch (ViewDefinitionException e)
        {
            return Refused(e.Message);
        }
    }

    public async Task<ViewChangeResult> Delete() => await StartRunAsync(await changes.DeleteAsync(Name, CancellationToken.None));

    public async Task<ViewChangeResult> Rebuild() => await StartRunAsync(await changes.RebuildAsync(Name, CancellationToken.None));

    private static ViewChangeResult Refused(string reason) => new(ViewOutcome.Refused, null, null, reason, null);

    private async Task<ViewChangeResult> StartRunAsync(ViewChange change, ViewTrial? trial = null)
    {
        if (change.RunId is { } runId)
            await GrainFactory.GetGrain<IIngestionRunGrain>(runId).TakeUp();
        return new ViewChangeResult(change.Outcome, await views.FindAsync(Name, CancellationToken.None), change.RunId, change.Reason, trial);
    }
}
