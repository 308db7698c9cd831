using System.CommandLine;
using Interop.Silo.Settings;

namespace Interop.Silo.CommandLine;

/// <summary>The options that stand for settings, on every verb that runs a host.</summary>
internal sealed class SettingsOptions
{
    private readonly Option<string?> _port = new("--port") { Description = "Where the API listens (PORT, 8000)" };
    private readonly Option<string?> _bind = new("--bind") { Description = "The address it listens on (BIND, 127.0.0.1)" };
    private readonly Option<string?> _data = new("--data-dir") { Description = "SQLite file, exports, keys (INTEROP_DATA, ./data)" };
    private readonly Option<string?> _database = new("--db")
    {
        Description = "PostgreSQL URI or connection string (DB_URL); SQLite when absent",
    };
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any setting as NAME=VALUE, as often as needed",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Adds the options that a command takes: those of the database, and for a server also those of the API.</summary>
    public void AddTo(Command command, bool isServer)
    {
        foreach (var option in isServer ? new Option[] { _port, _bind, _data, _database, _set } : [_data, _database, _set])
            command.Options.Add(option);
    }

    /// <summary>The settings as the sources and these options give them; <paramref name="more"/> wins over all.</summary>
    /// <exception cref="SettingsException">A setting is bad.</exception>
    public InteropSettings Read(ParseResult parsed, params KeyValuePair<string, string?>[] more) =>
        SettingsServices.Read(SettingsLayers.OfProcess(Given(parsed).Concat(more)), TimeProvider.System);

    /// <summary>Whether the command line itself says which database.</summary>
    public bool NamesDatabase(ParseResult parsed) => Given(parsed).Any(s => s.Key is "DB_URL" or "DB_URL_FILE");

    private IEnumerable<KeyValuePair<string, string?>> Given(ParseResult parsed)
    {
        foreach (var (option, name) in new[] { (_port, "PORT"), (_bind, "BIND"), (_data, "INTEROP_DATA"), (_database, "DB_URL") })
        {
            if (parsed.GetValue(option) is { } value)
                yield return new(name, value);
        }

        foreach (var pair in parsed.GetValue(_set) ?? [])
        {
            var equals = pair.IndexOf('=');
            if (equals <= 0)
                throw new SettingsException($"--set takes NAME=VALUE, not '{pair}'");
            yield return new(pair[..equals], pair[(equals + 1)..]);
        }
    }
}
