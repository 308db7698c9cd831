namespace Interop.Silo.Settings;

/// <summary>
/// The settings as they were given: appsettings.json, then .env, then the environment, then the command line. A later layer wins. Flat
/// names become the keys of their sections, and a secret's <c>NAME_FILE</c> becomes the content of that file.
/// </summary>
internal sealed class SettingsLayers
{
    private const string FileSuffix = "_FILE";

    private readonly Dictionary<string, GivenSetting> _settings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>By key.</summary>
    public IReadOnlyDictionary<string, GivenSetting> Settings => _settings;

    /// <summary>The layers of a process, in the working folder.</summary>
    /// <exception cref="SettingsException">A file cannot be read.</exception>
    public static SettingsLayers OfProcess(IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        var layers = new SettingsLayers();
        layers.Add("appsettings.json", JsonFile(Path.GetFullPath("appsettings.json")));
        layers.Add(".env", DotEnvFile.Read(".env"));
        layers.Add(GivenSetting.Environment, new ConfigurationBuilder().AddEnvironmentVariables().Build().AsEnumerable());
        layers.Add("the command line", commandLine);
        return layers;
    }

    /// <summary>Adds a layer that wins over those before it. An empty value takes the setting back to its default.</summary>
    /// <exception cref="SettingsException">The file of a <c>NAME_FILE</c> cannot be read, or is empty.</exception>
    public void Add(string layer, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var given = settings
            .Where(setting => setting.Value is not null)
            .GroupBy(setting => setting.Key.Replace("__", ":", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase)
            .Select(same => KeyValuePair.Create(same.Key, same.Last().Value!))
            .ToList();
        foreach (var (name, value) in given)
        {
            var isFile = IsFileName(name);
            if (isFile && value.Length == 0)
                continue;
            var key = KeyOf(isFile ? name[..^FileSuffix.Length] : name);
            Remove(key);
            if (value.Length > 0)
                _settings[key] = new GivenSetting(layer, name, isFile ? ReadSecret(name, value) : value);
        }
    }

    private static string KeyOf(string name) => SettingsCatalog.FlatNames.GetValueOrDefault(name, name);

    private static bool IsFileName(string name) =>
        name.EndsWith(FileSuffix, StringComparison.OrdinalIgnoreCase)
        && !SettingsCatalog.WithoutEffect.ContainsKey(name)
        && SecretNames.IsSecret(KeyOf(name[..^FileSuffix.Length]));

    /// <summary>Also removes the items of a list that an earlier layer gave.</summary>
    private void Remove(string key)
    {
        _settings.Remove(key);
        foreach (var item in _settings.Keys.Where(k => k.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase)).ToList())
            _settings.Remove(item);
    }

    private static string ReadSecret(string name, string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } secret
                ? secret
                : throw new SettingsException($"{name}: {file} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{name}: {file} cannot be read: {e.Message}");
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> JsonFile(string path)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonFile(path, optional: true).Build().AsEnumerable();
        }
        catch (InvalidDataException e)
        {
            throw new SettingsException($"{path} is not valid JSON: {e.InnerException?.Message ?? e.Message}");
        }
    }
}

/// <summary>One setting as it was given.</summary>
/// <param name="Layer">Where it comes from.</param>
/// <param name="Name">The name in that layer, with <c>:</c> between its parts.</param>
/// <param name="Value">Never empty.</param>
internal sealed record GivenSetting(string Layer, string Name, string Value)
{
    /// <summary>The layer that also holds the variables of every other program.</summary>
    public const string Environment = "the environment";

    public override string ToString() => Name; // the value may be a secret
}

/// <summary>Which settings are secrets: they can come from a file.</summary>
internal static class SecretNames
{
    private static readonly string[] Endings = ["Password", "ClientSecret", "DatabaseUrl", "SecretKey", "SecretKeyPrevious"];

    public static bool IsSecret(string key) => Array.Exists(Endings, ending => key.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
