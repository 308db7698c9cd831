using System.Security.Cryptography;
using System.Text;
using Interop.Storage.Files;
using Microsoft.Extensions.Options;

namespace Interop.Discovery;

/// <summary>
/// Makes the key that stands for a patient in the database, which stores neither the name nor the date of birth: an HMAC with a secret of
/// the deployment. Without the secret a key cannot be traced back to a patient by trying names and dates.
/// </summary>
internal sealed class PatientKeys
{
    private const string Version = "h1.";
    private const int SecretBytes = 32;
    private readonly Lazy<byte[]> _secret;

    public PatientKeys(IOptions<DiscoveryOptions> options) =>
        _secret = new(() =>
            options.Value.PatientKey is { Length: > 0 } text ? Encoding.UTF8.GetBytes(text) : ReadOrCreate(options.Value.PatientKeyFile)
        );

    /// <summary>Changes with the secret, and tells nothing about it.</summary>
    public string Check => Version + Hmac("check");

    /// <summary>The patient's key. Names that differ only in case or white space have the same key.</summary>
    /// <exception cref="IOException">The file of the secret can neither be read nor created.</exception>
    public string Of(Demographics patient) => Version + Hmac(Hash(patient));

    /// <summary>The current key for a key of the first version, which was a plain hash; null: the key is current.</summary>
    public string? Renew(string key) => key.StartsWith(Version, StringComparison.Ordinal) ? null : Version + Hmac(key);

    /// <summary>The key of the first version.</summary>
    internal static string Hash(Demographics patient) =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.UTF8.GetBytes($"interop patient\n{Normalize(patient.LastName)}\n{Normalize(patient.FirstName)}\n{patient.Dob}")
            )
        );

    private string Hmac(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_secret.Value, Encoding.UTF8.GetBytes(text)));

    private static string Normalize(string name) =>
        string.Join(' ', name.Normalize().ToUpperInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static byte[] ReadOrCreate(string path)
    {
        try
        {
            return Read(path);
        }
        catch (FileNotFoundException)
        {
            PrivateFiles.CreateOnce(path, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))));
            return Read(path);
        }
    }

    private static byte[] Read(string path)
    {
        var text = File.ReadAllText(path).Trim();
        return text.Length >= SecretBytes
            ? Encoding.UTF8.GetBytes(text)
            : throw new IOException($"The file {path} (Discovery:PatientKeyFile) must have at least {SecretBytes} characters");
    }
}
