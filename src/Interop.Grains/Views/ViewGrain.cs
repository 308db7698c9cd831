using Interop.Fhir.Views;
using Interop.Ingestion;
using Interop.Ingestion.Views;

namespace Interop.Views;

/// <inheritdoc cref="IViewGrain"/>
internal sealed class ViewGrain(ViewChanges changes, ViewDirectory views) : Grain, IViewGrain
{
    private string Name => this.GetPrimaryKeyString();

    public async Task<ViewChangeResult> Put(JsonText definition)
    {
        try
        {
            var given = ViewTableRules.Compile(System.Text.Encoding.UTF8.GetBytes(definition.Text)).Definition.Name;
            return given == Name
                ? await CarryOnAsync(await changes.PutAsync(definition.Text, ViewOrigin.Api, CancellationToken.None))
                : new ViewChangeResult(ViewOutcome.Refused, null, null, $"name: '{given}' is not '{Name}', the view that the path names");
        }
        catch (ViewDefinitionException e)
        {
            return new ViewChangeResult(ViewOutcome.Refused, null, null, e.Message);
        }
    }

    public async Task<ViewChangeResult> Rebuild() => await CarryOnAsync(await changes.RebuildAsync(Name, CancellationToken.None));

    private async Task<ViewChangeResult> CarryOnAsync(ViewChange change)
    {
        if (change.RunId is { } runId)
            await GrainFactory.GetGrain<IIngestionRunGrain>(runId).TakeUp();
        return new ViewChangeResult(change.Outcome, await views.FindAsync(Name, CancellationToken.None), change.RunId, change.Reason);
    }
}
