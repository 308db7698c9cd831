using System.Net.Http.Headers;
using System.Text;

namespace Interop.Fhir.Client;

/// <summary>HTTP Basic (RFC 7617).</summary>
public sealed class BasicAuthorization(string username, string password) : IAuthorization
{
    private readonly AuthenticationHeaderValue _header = new(
        "Basic",
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}"))
    );

    /// <inheritdoc/>
    public ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken) => new(_header);
}
