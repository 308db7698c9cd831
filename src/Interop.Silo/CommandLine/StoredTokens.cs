using System.Text.Json;
using Interop.Storage.Files;

namespace Interop.Silo.CommandLine;

/// <summary>
/// The tokens of <c>login</c>, one per server, in a file that only its user can read: <c>interop/tokens.json</c> in <c>XDG_CONFIG_HOME</c>
/// (<c>~/.config</c>). A token is sent to its own server only.
/// </summary>
internal static class StoredTokens
{
    public static string Path { get; } =
        System.IO.Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder
                ? folder
                : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "interop",
            "tokens.json"
        );

    /// <summary>The token for a server; null when there is none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static string? Find(Uri server) => Read().GetValueOrDefault(Key(server));

    public static void Save(Uri server, string token)
    {
        var tokens = Read();
        tokens[Key(server)] = token;
        PrivateFiles.CreateFolder(System.IO.Path.GetDirectoryName(Path)!);
        var unfinished = $"{Path}.{Environment.ProcessId}";
        using (var file = PrivateFiles.Create(unfinished))
            JsonSerializer.Serialize(file, tokens);
        File.Move(unfinished, Path, overwrite: true);
    }

    private static string Key(Uri server) => server.AbsoluteUri.ToLowerInvariant();

    private static Dictionary<string, string> Read()
    {
        try
        {
            return File.Exists(Path) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(Path))! : [];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{Path} is damaged: delete it and log in again ({e.Message})", e);
        }
    }
}
