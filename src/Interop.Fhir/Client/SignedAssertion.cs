using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Interop.Fhir.Client;

/// <summary>
/// SMART Backend Services: a JWT signed with the client's private key instead of a secret
/// (HL7 SMART App Launch 2.0, "asymmetric client authentication"; RFC 7523). RS384 for RSA keys, ES384 for P-384 keys.
/// </summary>
public sealed class SignedAssertion : IClientProof
{
    private readonly string _clientId;
    private readonly Uri _audience;
    private readonly string? _keyId;
    private readonly TimeProvider _time;
    private readonly AsymmetricAlgorithm _key;

    /// <exception cref="ArgumentException">The PEM holds no RSA or P-384 private key.</exception>
    public SignedAssertion(string clientId, Uri audience, string privateKeyPem, string? keyId, TimeProvider time)
    {
        (_clientId, _audience, _keyId, _time) = (clientId, audience, keyId, time);
        _key = Import(privateKeyPem);
    }

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, string>> Fields() =>
        [new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), new("client_assertion", Create())];

    private string Create()
    {
        var now = _time.GetUtcNow();
        var header = new Dictionary<string, object> { ["alg"] = _key is RSA ? "RS384" : "ES384", ["typ"] = "JWT" };
        if (_keyId is not null)
            header["kid"] = _keyId;
        var claims = new Dictionary<string, object>
        {
            ["iss"] = _clientId,
            ["sub"] = _clientId,
            ["aud"] = _audience.AbsoluteUri,
            ["exp"] = now.AddMinutes(4).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString("N"),
        };
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var bytes = System.Text.Encoding.ASCII.GetBytes(signed);
        var signature = _key switch
        {
            RSA rsa => rsa.SignData(bytes, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            ECDsa ec => ec.SignData(bytes, HashAlgorithmName.SHA384),
            _ => throw new InvalidOperationException("neither RSA nor ECDSA"),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(Dictionary<string, object> value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    private static AsymmetricAlgorithm Import(string pem)
    {
        try
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return rsa;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return ec.KeySize == 384 ? ec : throw new ArgumentException("an EC key must be on P-384 (ES384)", nameof(pem));
        }
    }
}
