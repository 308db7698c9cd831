using Interop.Fhir.Client;
using Interop.Sources;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Uploads.Patients;

/// <summary>The FHIR server that uploads write to, with its clients for the life of the process.</summary>
internal sealed class UploadTarget
{
    public const string HttpClientName = "upload-target";

    private const string DefaultSource = "default";
    private readonly FhirClient? _reads;
    private readonly FhirWriteClient? _writes;

    /// <param name="http">Creates the HTTP client.</param>
    /// <param name="settings">The settings, which may name the server.</param>
    /// <param name="defaultFhirServer">The server when the settings name none: that of the source <c>default</c>. Its credentials go to its
    /// own origin only.</param>
    /// <param name="sources">The credentials of that source.</param>
    /// <param name="time">The clock of waits and time limits.</param>
    public UploadTarget(
        IHttpClientFactory http,
        IOptions<UploadOptions> settings,
        string? defaultFhirServer,
        SourceRegistry? sources,
        TimeProvider time
    )
    {
        if ((settings.Value.TargetUrl ?? defaultFhirServer) is not { Length: > 0 } url)
            return;
        var baseUrl = new Uri(url.EndsWith('/') ? url : url + "/");
        var authorization =
            defaultFhirServer is not null && HaveSameOrigin(baseUrl, new Uri(defaultFhirServer))
                ? sources?.FindAuthorization(DefaultSource)
                : null;
        // A row is repeated as a whole, with the other rows of its page: here every request is sent once.
        var options = new FhirClientOptions(baseUrl)
        {
            MaxAttempts = 1,
            FailuresBeforeBreak = int.MaxValue,
            MaxElapsed = settings.Value.RequestTimeout,
            IdleTimeout = settings.Value.RequestTimeout,
        };
        var client = http.CreateClient(HttpClientName);
        _reads = new FhirClient(client, options, authorization, time);
        _writes = new FhirWriteClient(client, options, authorization, time);
    }

    public bool IsConfigured => _writes is not null;

    /// <exception cref="InvalidOperationException">No server is configured.</exception>
    public FhirClient Reads => _reads ?? throw NotConfigured();

    /// <exception cref="InvalidOperationException">No server is configured.</exception>
    public FhirWriteClient Writes => _writes ?? throw NotConfigured();

    private static InvalidOperationException NotConfigured() => new("no FHIR server is configured");

    private static bool HaveSameOrigin(Uri a, Uri b) =>
        Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
