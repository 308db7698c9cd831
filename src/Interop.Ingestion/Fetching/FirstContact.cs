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

    /// <summary>What the server says that it offers.</summary>
    /// <param name="run">The run.</param>
    /// <param name="exportOwner">The type of resource that an export would be of; null for the whole system.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="IngestionException">The server is not FHIR R4, or not the one that the source was filled from.</exception>
    /// <exception cref="FhirRequestException">No connection to the server can be made.</exception>
    public async Task<ServerOffer> CheckAsync(RunRecord run, string? exportOwner, CancellationToken cancellationToken)
    {
        FhirPage answer;
        try
        {
            answer = await waits.GetPageAsync(client, Metadata, cancellationToken);
        }
        catch (FhirRequestException e) when (!e.IsUnreachable)
        {
            return ServerOffer.Unknown;
        }

        using (answer)
        {
            if (answer.Bundle.ResourceType != "CapabilityStatement")
                return ServerOffer.Unknown;
            var statement = answer.Body.Memory;
            if (CapabilityStatement.VersionProblem(CapabilityStatement.FhirVersion(statement)) is { } problem)
                throw IngestionException.Upstream(problem, "the server is not FHIR R4 (4.0.1)");
            await CheckIdentityAsync(run, CapabilityStatement.Identity(statement), cancellationToken);
            return new ServerOffer(
                CapabilityStatement.SupportsLastUpdated(statement, run.ResourceType),
                CapabilityStatement.OffersExport(statement, exportOwner),
                CapabilityStatement.OffersHistory(statement, run.ResourceType)
            );
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

/// <summary>What a server offers for one resource type.</summary>
/// <param name="SearchByTime">It can be searched by <c>_lastUpdated</c>.</param>
/// <param name="Export">Bulk Data exports.</param>
/// <param name="History">The history of the type.</param>
internal sealed record ServerOffer(bool SearchByTime, bool Export, bool History)
{
    /// <summary>Of a server without a CapabilityStatement.</summary>
    public static ServerOffer Unknown { get; } = new(SearchByTime: true, Export: false, History: false);
}
