namespace Interop.Silo.Settings;

/// <summary>Where settings come from: appsettings.json, then .env, then the environment, then the command line; the last one wins.</summary>
internal static class ConfigurationSources
{
    public static IConfiguration Build(IEnumerable<KeyValuePair<string, string?>> commandLine) =>
        new ConfigurationBuilder()
            .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true)
            .AddInMemoryCollection(DotEnv.Read(".env"))
            .AddEnvironmentVariables()
            .AddInMemoryCollection(commandLine)
            .Build();
}
