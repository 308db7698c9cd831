namespace Interop.Sandbox.Fhir;

/// <summary>The server's address as the client used it, so that links work through port mappings and other host names.</summary>
internal static class FhirPaths
{
    public const string Root = "/fhir";

    public static string Base(HttpRequest request) => $"{request.Scheme}://{request.Host}{Root}";

    public static string Self(HttpRequest request) => $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}";
}
