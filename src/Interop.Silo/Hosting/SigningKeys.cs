using System.Security.Cryptography;
using System.Text;
using Interop.Silo.Settings;

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
            CreateFolder(folder);
            if (!File.Exists(file))
                Create(file);
            var old = Path.Combine(folder, "jwt-previous");
            return File.Exists(old) ? [Read(file), Read(old)] : [Read(file)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{file} cannot be used: {e.Message}");
        }
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Another process may create it at the same time: the first one wins, and a file is never seen half written.</summary>
    private static void Create(string file)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(temporary, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(temporary);
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
