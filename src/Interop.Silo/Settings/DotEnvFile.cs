using System.Text;
using DotNetEnv;
using Sprache;

namespace Interop.Silo.Settings;

/// <summary>A <c>.env</c> file in the working folder, in the format of DotNetEnv: <c>NAME=value</c> lines, comments, quotes,
/// <c>export</c>.</summary>
internal static class DotEnvFile
{
    /// <summary>Its settings; none when there is no file.</summary>
    /// <exception cref="SettingsException">A line is neither a comment nor NAME=value.</exception>
    public static IEnumerable<KeyValuePair<string, string?>> Read(string path)
    {
        if (!File.Exists(path))
            return [];
        try
        {
            return
            [
                .. Env.LoadContents(File.ReadAllText(path, Encoding.UTF8), new LoadOptions(setEnvVars: false))
                    .Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)),
            ];
        }
        catch (ParseException e)
        {
            // The library's message quotes what stands before the error, which may be a secret.
            throw new SettingsException($"{path}, line {e.Position?.Line ?? 1}: expected NAME=value");
        }
    }
}
