using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Interop.Silo.Settings;

/// <summary>Binds a section to its options, refusing what it does not know: the message names the setting and what it takes.</summary>
internal static class SettingsBinder
{
    private const string FromFile = "_FILE";

    /// <exception cref="SettingsException">A setting of the section is unknown or its value cannot be read.</exception>
    public static void Bind(IConfigurationSection section, object options)
    {
        Check(section, options.GetType());
        section.Bind(options);
        foreach (var setting in options.GetType().GetProperties())
        {
            if (setting.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(setting.GetValue(options)))
                throw new SettingsException($"{section.Path}:{setting.Name} must be from {range.Minimum} to {range.Maximum}, not {setting.GetValue(options)}");
        }
    }

    private static void Check(IConfigurationSection section, Type options)
    {
        var settings = options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToList();
        foreach (var given in section.GetChildren())
        {
            // A secret's file is read by whoever reads the secret.
            var name = given.Key.EndsWith(FromFile, StringComparison.OrdinalIgnoreCase) ? given.Key[..^FromFile.Length] : given.Key;
            var setting = settings.Find(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new SettingsException($"{given.Path} is no setting: {section.Path} takes {string.Join(", ", settings.Select(p => p.Name))}");
            Check(given, setting);
        }
    }

    private static void Check(IConfigurationSection given, PropertyInfo setting)
    {
        var type = Nullable.GetUnderlyingType(setting.PropertyType) ?? setting.PropertyType;
        var converter = TypeDescriptor.GetConverter(type);
        if (type == typeof(string) || given.Value is not { } text)
        {
            if (given.Value is null && !converter.CanConvertFrom(typeof(string)) && type.IsClass && !typeof(System.Collections.IEnumerable).IsAssignableFrom(type))
                Check(given, type);
            return;
        }

        if (converter.CanConvertFrom(typeof(string)) && !converter.IsValid(text))
            throw new SettingsException($"{given.Path} must be {Kind(type)}, not '{text}'");
    }

    private static string Kind(Type type) =>
        type == typeof(TimeSpan) ? "a duration such as 00:02:00"
        : type == typeof(bool) ? "true or false"
        : type == typeof(DateTimeOffset) ? "an instant such as 2026-01-31T00:00:00Z"
        : "a whole number";
}
