using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Interop.Sandbox.Access;

/// <summary>
/// A signed client assertion (RFC 7523) as SMART Backend Services asks for it: RS384 or ES384, `iss` and `sub` the client, `aud` the token
/// endpoint, at most five minutes long.
/// </summary>
internal sealed record ClientAssertion(string Id, DateTimeOffset Expiry)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <exception cref="InvalidAssertionException">The assertion is malformed, or it is not for this client and this server; the message
    /// holds the reason.</exception>
    public static ClientAssertion Verify(string jwt, string publicJwk, string clientId, string tokenEndpoint, DateTimeOffset now)
    {
        var parts = jwt.Split('.');
        if (parts.Length != 3)
            throw new InvalidAssertionException("client_assertion is not a signed JWT.");
        JsonElement header,
            claims,
            key;
        byte[] signature;
        try
        {
            header = Decode(parts[0]);
            claims = Decode(parts[1]);
            signature = Base64Url.DecodeFromChars(parts[2]);
            key = JsonDocument.Parse(publicJwk).RootElement;
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            throw new InvalidAssertionException($"client_assertion is not a signed JWT: {error.Message}");
        }
        if (!IsSignedBy(key, Text(header, "alg"), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature))
            throw new InvalidAssertionException("The assertion's signature does not match the registered key.");
        if (Text(claims, "iss") != clientId || Text(claims, "sub") != clientId)
            throw new InvalidAssertionException("iss and sub must be the client's id.");
        if (Text(claims, "aud") != tokenEndpoint)
            throw new InvalidAssertionException($"aud must be {tokenEndpoint}.");
        if (!claims.TryGetProperty("exp", out var exp) || !exp.TryGetInt64(out var seconds))
            throw new InvalidAssertionException("exp is missing.");
        var expiry = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (expiry <= now || expiry > now + Longest)
            throw new InvalidAssertionException("exp must lie in the next five minutes.");
        return new ClientAssertion(Text(claims, "jti") ?? throw new InvalidAssertionException("jti is missing."), expiry);
    }

    private static bool IsSignedBy(JsonElement key, string? algorithm, byte[] signed, byte[] signature)
    {
        switch (algorithm, Text(key, "kty"))
        {
            case ("RS384", "RSA"):
                using (var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }))
                    return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1);
            case ("ES384", "EC"):
                using (
                    var ec = ECDsa.Create(
                        new ECParameters
                        {
                            Curve = ECCurve.NamedCurves.nistP384,
                            Q = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") },
                        }
                    )
                )
                    return ec.VerifyData(signed, signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            default:
                throw new InvalidAssertionException($"alg {algorithm} does not fit the registered key; RS384 and ES384 are accepted.");
        }
    }

    private static JsonElement Decode(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;

    private static byte[] Bytes(JsonElement key, string name) =>
        Base64Url.DecodeFromChars(Text(key, name) ?? throw new InvalidAssertionException($"The registered key has no {name}."));

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

internal sealed class InvalidAssertionException(string message) : Exception(message);
