using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
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
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
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

    /// <summary>Gives the file its name unless another process was faster. File.Move looks first and renames then, so two could
    /// succeed.</summary>
    private static void Publish(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows() && Link(temporary, path) != 0 && !File.Exists(path))
            throw new IOException($"The file {path} of the secret cannot be created: {Marshal.GetLastPInvokeErrorMessage()}");
        if (OperatingSystem.IsWindows() && !File.Exists(path))
            File.Move(temporary, path);
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    private static byte[] ReadOrCreate(string path)
    {
        try
        {
            return Read(path);
        }
        catch (FileNotFoundException)
        {
            // Written whole under another name first, so that no process reads a part of it.
            var temporary = $"{path}.{Guid.NewGuid():N}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(temporary, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))));
                file.Flush(flushToDisk: true);
            }

            Publish(temporary, path);
            File.Delete(temporary);
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
