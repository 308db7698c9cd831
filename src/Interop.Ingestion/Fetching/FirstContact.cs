using Interop.Fhir.Client;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// A run's first request: the CapabilityStatement tells the FHIR version, which server it is, and whether resources can be searched by
/// time. A server without one, or one that does not give it now, is read all the same: the search itself shows the rest.
/// </summary>
internal sealed class FirstContact(Database database, FhirClient client, RunWaits waits)
{
    private static readonly Uri Metadata = new("metadata", UriKind.Relative);

    /// <summary>What to do when a source is not the server that it was filled from.</summary>
    public const string WaysOut =
        "give the new server another source name, or adopt it when the same server only moved (adopt=true, --adopt)";

    /// <summary>Whether the server can search the run's type by <c>_lastUpdated</c>.</summary>
    /// <exception cref="IngestionException">The server is not FHIR R4, or not the one that the source was filled from.</exception>
    /// <exception cref="FhirRequestException">No connection to the server can be made.</exception>
    public async Task<bool> CheckAsync(RunRecord run, CancellationToken cancellationToken)
    {
        FhirPage answer;
        try
        {
            answer = await waits.GetPageAsync(client, Metadata, cancellationToken);
        }
        catch (FhirRequestException e) when (!e.IsUnreachable)
        {
            return true;
        }

        using (answer)
        {
            if (answer.Bundle.ResourceType != "CapabilityStatement")
                return true;
            var statement = answer.Body.Memory;
            if (CapabilityStatement.VersionProblem(CapabilityStatement.FhirVersion(statement)) is { } problem)
                throw IngestionException.Upstream(problem, "the server is not FHIR R4 (4.0.1)");
            await CheckIdentityAsync(run, CapabilityStatement.Identity(statement), cancellationToken);
            return CapabilityStatement.SupportsLastUpdated(statement, run.ResourceType);
        }
    }

    private Task<bool> CheckIdentityAsync(RunRecord run, ServerIdentity identity, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                if (await SourceServerStore.FindAsync(session, run.Source, token) is not { } server)
                    return false;
                if (identity.IsOtherThan(server.Identity))
                    throw new IngestionException(
                        $"the source '{run.Source}' was filled from {server.Identity}, and {server.BaseUrl} is {identity} now: {WaysOut}",
                        RunFailure.Source,
                        $"the server of the source '{run.Source}' is not the one that it was filled from: {WaysOut}"
                    );
                if (identity.Or(server.Identity) is var known && known != server.Identity)
                    await SourceServerStore.SaveIdentityAsync(session, run.Source, known, token);
                return true;
            },
            cancellationToken
        );
}
