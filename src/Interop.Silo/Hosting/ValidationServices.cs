using Interop.Fhir.Schema;
using Interop.Fhir.Terminology;
using Interop.Fhir.Validation;
using Interop.Silo.Settings;
using Interop.Sources;
using Interop.Uploads.Running;
using Microsoft.Extensions.Options;

namespace Interop.Silo.Hosting;

/// <summary>Registers the validator of ingested resources.</summary>
internal static partial class ValidationServices
{
    public static IServiceCollection AddValidation(this IServiceCollection services)
    {
        services.AddUpstreamClient(TerminologyClient.HttpClientName);
        return services.AddSingleton(provider => new ResourceValidator(
            R4Schema.Default,
            provider.GetRequiredService<IOptions<ValidationSettings>>().Value.ToOptions(CreateTerminology(provider))
        ));
    }

    // One setting names the terminology server of uploads and of validation.
    private static RemoteTerminology? CreateTerminology(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<UploadOptions>>().Value;
        if (options.TerminologyUrl is not { } url)
            return null;
        var time = provider.GetRequiredService<TimeProvider>();
        var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient(TerminologyClient.HttpClientName);
        var log = provider.GetRequiredService<ILoggerFactory>().CreateLogger<RemoteTerminology>();
        return new RemoteTerminology(
            new TerminologyClient(http, url, options.TerminologyTimeout, time),
            time,
            reason => LogUnavailable(log, reason)
        );
    }

    [LoggerMessage(1521, LogLevel.Warning, "{Reason}")]
    private static partial void LogUnavailable(ILogger log, string reason);
}
