using Microsoft.Extensions.Options;

namespace Interop.Silo.Settings;

/// <summary>A section of the settings and the options type that it binds to.</summary>
/// <param name="Name">The first part of its keys.</param>
/// <param name="Type">The options type; of each entry, when <paramref name="IsNamed"/>.</param>
/// <param name="IsNamed">Whether the section holds entries by name, such as <c>Sources:clinic</c>.</param>
internal sealed record SettingsSection(string Name, Type Type, bool IsNamed, Action<IServiceCollection, IConfiguration> Register)
{
    /// <param name="setDefaults">Defaults that depend on the data folder.</param>
    public static SettingsSection Of<T>(string name, Action<T, string>? setDefaults = null)
        where T : class =>
        new(
            name,
            typeof(T),
            IsNamed: false,
            (services, configuration) =>
            {
                services.AddSingleton<IValidateOptions<T>>(provider => new SettingsValidator<T>(name, provider));
                services
                    .AddOptions<T>()
                    .Configure(options => setDefaults?.Invoke(options, InteropSettings.DataDirectoryOf(configuration)))
                    .Bind(configuration.GetSection(name))
                    .ValidateOnStart();
            }
        );

    public static SettingsSection Named<T>(string name)
        where T : class => Named<T, Dictionary<string, T>>(name);

    /// <typeparam name="T">The options of an entry.</typeparam>
    /// <typeparam name="TTable">Holds the entries; its constructor may add some.</typeparam>
    public static SettingsSection Named<T, TTable>(string name)
        where TTable : Dictionary<string, T> => Of<TTable>(name) with { Type = typeof(T), IsNamed = true };
}
