namespace Interop.Silo.Settings;

/// <summary>A <c>.env</c> file beside the working folder: <c>NAME=value</c> lines, <c>#</c> comments, quotes as a shell would take them.</summary>
internal static class DotEnv
{
    /// <summary>Its settings; none when there is no file. Names use <c>__</c> for <c>:</c>, as environment variables do.</summary>
    /// <exception cref="SettingsException">A line is neither a comment nor NAME=value.</exception>
    public static IEnumerable<KeyValuePair<string, string?>> Read(string path)
    {
        if (!File.Exists(path))
            yield break;
        var number = 0;
        foreach (var raw in File.ReadLines(path))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            var equals = line.IndexOf('=');
            if (equals <= 0)
                throw new SettingsException($"{path}, line {number}: expected NAME=value");
            var name = line[..equals].Trim().Replace("export ", "", StringComparison.Ordinal).Trim();
            yield return new(name.Replace("__", ":", StringComparison.Ordinal), Unquote(line[(equals + 1)..].Trim()));
        }
    }

    private static string Unquote(string value)
    {
        if (value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0])
            return value[1..^1];
        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? value : value[..comment].TrimEnd();
    }
}
