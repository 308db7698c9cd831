using System.Net.Mime;
using System.Text;
using Interop.Api.Access;
using Interop.Api.Http;
using Interop.Ingestion;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interop.Api.Ingestion;

/// <summary>The public keys of this client for the authorization servers of its sources (SMART Backend Services, JWKS by URL).</summary>
public static class PublicKeyEndpoints
{
    public static void MapPublicKeys(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet(
                "/.well-known/jwks.json",
                async (IGrainFactory grains) =>
                    TypedResults.Text(
                        (await grains.IngestionQueries().GetPublicKeys()).Text,
                        MediaTypeNames.Application.Json,
                        Encoding.UTF8
                    )
            )
            .AllowAnonymous()
            .WithTags("Ingestion")
            .WithName("PublicKeys")
            .NotAudited("public keys, no patient data")
            .WithSummary("The public keys of sources with signed assertions (SMART Backend Services), as a JSON Web Key Set")
            .Produces<string>(StatusCodes.Status200OK, MediaTypeNames.Application.Json)
            .WithExample("""{"keys":[{"alg":"ES384","crv":"P-384","kid":"interop-1","kty":"EC","use":"sig","x":"k4...","y":"Zp..."}]}""");
}
