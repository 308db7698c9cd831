using System.Collections.Concurrent;
using System.Text.Json;
using Interop.Fhir.Client;

namespace Interop.Sources;

/// <summary>The FHIR servers of the settings, each with one client for the life of the process (its circuit and its token live
/// there).</summary>
public sealed class SourceRegistry(
    IReadOnlyDictionary<string, SourceOptions> sources,
    IHttpClientFactory http,
    TimeProvider time,
    ITenantTokens tokens
)
{
    /// <summary>The name of the HTTP client that sources share.</summary>
    public const string HttpClientName = "fhir-source";

    private readonly ConcurrentDictionary<string, FhirClient> _clients = new(StringComparer.Ordinal);

    /// <summary>Their names.</summary>
    public IEnumerable<string> Names => sources.Keys;

    /// <summary>Whether the settings know this source.</summary>
    public bool Contains(string source) => sources.ContainsKey(source);

    /// <summary>The client of a source, or null when the settings know none of this name.</summary>
    public FhirClient? Find(string source) =>
        sources.TryGetValue(source, out var options) ? _clients.GetOrAdd(source, _ => Create(options)) : null;

    /// <summary>The settings of a source, or null when there is none of this name.</summary>
    public SourceOptions? Options(string source) => sources.GetValueOrDefault(source);

    /// <summary>The credentials of a source for another client, or null when it needs none or is not known.</summary>
    public IAuthorization? FindAuthorization(string source) =>
        sources.TryGetValue(source, out var options)
            ? Authorization(options.Auth, http.CreateClient(HttpClientName), new Uri(options.BaseUrl))
            : null;

    /// <summary>The public keys of the sources with <c>Auth:Kind=smart_backend</c> as a JSON Web Key Set (RFC 7517).</summary>
    public string PublicKeys() => PublicKeysOf(sources, time);

    /// <inheritdoc cref="PublicKeys"/>
    public static string PublicKeysOf(IReadOnlyDictionary<string, SourceOptions> sources, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return JsonSerializer.Serialize(
            new
            {
                keys = sources
                    .Values.Where(s => s.Auth.Kind == "smart_backend")
                    .Select(s => Assertion(s.Auth, time).PublicKey)
                    .DistinctBy(k => k["kid"])
                    .OrderBy(k => k["kid"], StringComparer.Ordinal),
            }
        );
    }

    private static SignedAssertion Assertion(SourceAuthOptions auth, TimeProvider time) =>
        new(auth.ClientId!, new Uri(auth.TokenUrl!), File.ReadAllText(auth.PrivateKeyFile!), auth.KeyId, time);

    private FhirClient Create(SourceOptions options)
    {
        var baseUrl = new Uri(options.BaseUrl.EndsWith('/') ? options.BaseUrl : options.BaseUrl + "/");
        var client = http.CreateClient(HttpClientName);
        var settings = new FhirClientOptions(baseUrl)
        {
            AllowedOrigins = [.. options.AllowedOrigins.Select(o => new Uri(o))],
            MaxAttempts = options.MaxAttempts,
            BaseDelay = options.BaseDelay,
            IdleTimeout = options.IdleTimeout,
            MaxElapsed = options.PageTimeout,
            MaxResponseBytes = options.MaxResponseMebibytes * 1024 * 1024,
        };
        return new FhirClient(client, settings, Authorization(options.Auth, client, baseUrl), time);
    }

    private IAuthorization? Authorization(SourceAuthOptions auth, HttpClient client, Uri baseUrl) =>
        auth.Kind switch
        {
            "basic" => new BasicAuthorization(auth.Username!, auth.Password!),
            "client_credentials" => new OAuthAuthorization(
                client,
                new Uri(auth.TokenUrl!),
                new ClientSecret(auth.ClientId!, auth.ClientSecret!),
                auth.Scope,
                time
            ),
            "smart_backend" => new OAuthAuthorization(client, new Uri(auth.TokenUrl!), Assertion(auth, time), auth.Scope, time),
            "tenant" => new TenantAuthorization(tokens, auth.Tenant!, baseUrl),
            _ => null,
        };
}
