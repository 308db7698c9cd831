namespace Interop.Sandbox.Fhir;

/// <summary>Where the server is, as the client called it: links work through port mappings and other names.</summary>
internal static class FhirPaths
{
    public const string Root = "/fhir";

    public static string Base(HttpRequest request) => $"{request.Scheme}://{request.Host}{Root}";

    public static string Self(HttpRequest request) => $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}";
}
