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
    private readonly string _keyId;
    private readonly TimeProvider _time;
    private readonly AsymmetricAlgorithm _key;

    /// <exception cref="ArgumentException">The PEM holds no RSA or P-384 private key.</exception>
    public SignedAssertion(string clientId, Uri audience, string privateKeyPem, string? keyId, TimeProvider time)
    {
        (_clientId, _audience, _time) = (clientId, audience, time);
        _key = Import(privateKeyPem);
        _keyId = keyId ?? Thumbprint(_key);
    }

    /// <summary>The public half of the key as a JSON Web Key (RFC 7517): what the authorization server registers for the client.</summary>
    public IReadOnlyDictionary<string, string> PublicKey =>
        new SortedDictionary<string, string>(Members(_key), StringComparer.Ordinal)
        {
            ["alg"] = Algorithm,
            ["kid"] = _keyId,
            ["use"] = "sig",
        };

    private string Algorithm => _key is RSA ? "RS384" : "ES384";

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, string>> Fields() =>
        [new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), new("client_assertion", Create())];

    private string Create()
    {
        var now = _time.GetUtcNow();
        var header = new Dictionary<string, object>
        {
            ["alg"] = Algorithm,
            ["typ"] = "JWT",
            ["kid"] = _keyId,
        };
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

    /// <summary>The members that a public key must have, in the order of RFC 7638.</summary>
    private static SortedDictionary<string, string> Members(AsymmetricAlgorithm key)
    {
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (key is RSA rsa)
        {
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            members["kty"] = "RSA";
            members["e"] = Base64Url.EncodeToString(parameters.Exponent);
            members["n"] = Base64Url.EncodeToString(parameters.Modulus);
        }
        else if (key is ECDsa ec)
        {
            var parameters = ec.ExportParameters(includePrivateParameters: false);
            members["kty"] = "EC";
            members["crv"] = "P-384";
            members["x"] = Base64Url.EncodeToString(parameters.Q.X);
            members["y"] = Base64Url.EncodeToString(parameters.Q.Y);
        }

        return members;
    }

    /// <summary>The key's id when the settings give none (RFC 7638).</summary>
    private static string Thumbprint(AsymmetricAlgorithm key) =>
        Base64Url.EncodeToString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(Members(key))));

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
