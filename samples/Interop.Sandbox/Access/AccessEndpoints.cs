using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.Access;

internal static class AccessEndpoints
{
    public static void MapAccess(this IEndpointRouteBuilder routes, AccessOptions access)
    {
        var tokens = new TokenEndpoint(
            access,
            routes.ServiceProvider.GetRequiredService<AccessTokens>(),
            routes.ServiceProvider.GetRequiredService<SandboxOptions>()
        );
        routes.MapPost("/oauth2/token", tokens.HandleAsync);
        routes.MapGet(FhirPaths.Root + "/.well-known/smart-configuration", TokenEndpoint.ConfigurationAsync);
    }
}
