namespace Interop.Silo.Settings;

/// <summary>Where settings come from: appsettings.json, then .env, then the environment, then the command line; the last one wins.</summary>
internal static class ConfigurationSources
{
    public static IConfiguration Build(IEnumerable<KeyValuePair<string, string?>> commandLine) =>
        new ConfigurationBuilder()
            .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true)
            .AddInMemoryCollection(LastOfEach(DotEnv.Read(".env")))
            .AddEnvironmentVariables()
            .AddInMemoryCollection(LastOfEach(commandLine))
            .Build();

    private static IEnumerable<KeyValuePair<string, string?>> LastOfEach(IEnumerable<KeyValuePair<string, string?>> settings) =>
        settings.GroupBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last());
}
