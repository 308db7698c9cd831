using System.Security.Cryptography;
using System.Text;
using Interop.Silo.Settings;
using Interop.Storage.Files;

namespace Interop.Silo.Hosting;

/// <summary>
/// The keys of session tokens: JWT_SECRET_KEY, or one created once under INTEROP_DATA. To rotate a key without ending sessions, move the
/// old one to JWT_SECRET_KEY_PREVIOUS (or <c>keys/jwt</c> to <c>keys/jwt-previous</c>) for a day.
/// </summary>
internal static class SigningKeys
{
    private const int KeyBytes = 32;

    /// <summary>The current key, then the previous one where there is one.</summary>
    /// <exception cref="SettingsException">The processes of a cluster need a shared key, or a key file cannot be used.</exception>
    public static IReadOnlyList<byte[]> Load(InteropSettings settings)
    {
        if (settings.JwtSecretKey is { } current)
            return settings.JwtSecretKeyPrevious is { } previous
                ? [Encoding.UTF8.GetBytes(current), Encoding.UTF8.GetBytes(previous)]
                : [Encoding.UTF8.GetBytes(current)];
        if (settings.Auth == "none")
            return [RandomNumberGenerator.GetBytes(KeyBytes)];
        if (settings.Role != ProcessRole.All)
            throw new SettingsException(
                $"ROLE={settings.Role.ToString().ToLowerInvariant()} needs JWT_SECRET_KEY or JWT_SECRET_KEY_FILE, the same in every process: a token of one must be valid in all"
            );
        var folder = Path.Combine(settings.DataDirectory, "keys");
        var file = Path.Combine(folder, "jwt");
        try
        {
            PrivateFiles.CreateFolder(folder);
            if (!File.Exists(file))
                PrivateFiles.CreateOnce(file, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
            var old = Path.Combine(folder, "jwt-previous");
            return File.Exists(old) ? [Read(file), Read(old)] : [Read(file)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{file} cannot be used: {e.Message}");
        }
    }

    private static byte[] Read(string file)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode)0b000_111_111) != 0)
            throw new SettingsException($"{file} can be read by other users: chmod 600 {file}");
        var text = File.ReadAllText(file).Trim();
        return Encoding.UTF8.GetByteCount(text) >= KeyBytes
            ? Encoding.UTF8.GetBytes(text)
            : throw new SettingsException($"{file} must hold at least {KeyBytes} bytes");
    }
}
