using System.Text;
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
            var view = ViewTableRules.Compile(Encoding.UTF8.GetBytes(definition.Text));
            if (view.Definition.Name != Name)
                return Refused($"name: '{view.Definition.Name}' is not '{Name}', the name in the path");
            var trial = await reader.TryAsync(view, CancellationToken.None);
            return await CompleteAsync(await changes.PutAsync(definition.Text, ViewOrigin.Api, CancellationToken.None, replace), trial);
        }
        catch (ViewDefinitionException e)
        {
            return Refused(e.Message);
        }
    }

    public async Task<ViewChangeResult> Delete() => await CompleteAsync(await changes.DeleteAsync(Name, CancellationToken.None));

    public async Task<ViewChangeResult> Rebuild() => await CompleteAsync(await changes.RebuildAsync(Name, CancellationToken.None));

    private static ViewChangeResult Refused(string reason) => new(ViewOutcome.Refused, null, null, reason, null);

    /// <summary>Resumes the run that fills the new table, and adds the view as it is now.</summary>
    private async Task<ViewChangeResult> CompleteAsync(ViewChangeResult change, ViewTrial? trial = null)
    {
        if (change.RunId is { } runId)
            await GrainFactory.Run(runId).Resume();
        return change with { View = await views.FindAsync(Name, CancellationToken.None), Trial = trial };
    }
}
