using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Interop.Fhir.Client;

namespace Interop.Silo.Settings;

/// <summary>Refuses names that are not settings and values that cannot be read, before the options are bound.</summary>
internal static class SettingsCheck
{
    private const int MinSuspiciousLength = 8;
    private static readonly string[] OwnPrefixes = ["FHIR_", "OPENEMR_", "OPENMRS_", "MIRTH_", "ALERT_", "JWT_", "OIDC_", "TELEMETRY_DB"];

    /// <summary>The settings as the options bind them: lists have an item per key, and instants are in UTC.</summary>
    /// <exception cref="SettingsException">A name or a value is wrong.</exception>
    public static IConfiguration Check(SettingsLayers layers)
    {
        var values = new List<KeyValuePair<string, string?>>();
        foreach (var (key, given) in layers.Settings)
        {
            if (SettingsCatalog.IsForeign(key) || SettingsCatalog.WithoutEffect.ContainsKey(key))
                values.Add(new(key, given.Value));
            else if (FindProperty(key, given) is { } property)
                values.AddRange(Convert(key, given, property));
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    /// <summary>Null for a variable of another program.</summary>
    private static PropertyInfo? FindProperty(string key, GivenSetting given)
    {
        var parts = key.Split(':');
        if (SettingsCatalog.Sections.FirstOrDefault(s => s.Name.Equals(parts[0], StringComparison.OrdinalIgnoreCase)) is not { } section)
            return IsOtherPrograms(given)
                ? null
                : throw Unknown(given, SettingsCatalog.FlatNames.Keys.Concat(SettingsCatalog.Sections.Select(s => s.Name)), "");
        var depth = section.IsNamed ? 2 : 1;
        if (parts.Length <= depth)
            throw new SettingsException(
                $"{given.Name} is not a setting: it is a section that takes {string.Join(", ", NamesOf(section.Type))}"
            );
        var type = section.Type;
        PropertyInfo property;
        while (true)
        {
            var path = string.Join(':', parts[..depth]);
            property =
                Settable(type).FirstOrDefault(p => p.Name.Equals(parts[depth], StringComparison.OrdinalIgnoreCase))
                ?? throw Unknown(
                    given,
                    NamesOf(type).Select(name => $"{path}:{name}"),
                    $" {path} takes {string.Join(", ", NamesOf(type))}"
                );
            depth++;
            if (depth == parts.Length || IsList(property.PropertyType))
                return property;
            type = property.PropertyType;
        }
    }

    private static bool IsOtherPrograms(GivenSetting given)
    {
        if (given.Layer != GivenSetting.Environment)
            return false;
        if (Array.Exists(OwnPrefixes, prefix => given.Name.StartsWith(prefix, StringComparison.Ordinal)))
            return false;
        var name = given.Name.Split(':')[0];
        return name.Length < MinSuspiciousLength
            || Nearest(name, SettingsCatalog.FlatNames.Keys.Concat(SettingsCatalog.Sections.Select(s => s.Name)), maxDistance: 2) is null;
    }

    private static SettingsException Unknown(GivenSetting given, IEnumerable<string> known, string more)
    {
        var nearest = Nearest(given.Name, known, maxDistance: Math.Max(2, given.Name.Length / 3));
        var advice = nearest is null ? " .env.example lists all settings." : $" Did you mean {nearest}?";
        return new SettingsException(
            $"{given.Name} (from {given.Layer}) is not a setting.{(more.Length > 0 && nearest is null ? "" : advice)}{more}"
        );
    }

    private static IEnumerable<KeyValuePair<string, string?>> Convert(string key, GivenSetting given, PropertyInfo property)
    {
        if (IsList(property.PropertyType))
        {
            return property.Name.Equals(key.Split(':')[^1], StringComparison.OrdinalIgnoreCase)
                ? given
                    .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select((item, index) => KeyValuePair.Create($"{key}:{index}", (string?)item))
                : [KeyValuePair.Create(key, (string?)given.Value)];
        }

        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(DateTimeOffset))
        {
            var instant =
                Instant(given.Value)
                ?? throw new SettingsException(
                    $"{given.Name} must be a date or an instant such as 2026-01-31 or 2026-01-31T00:00:00Z, not '{given.Value}'"
                );
            return [KeyValuePair.Create(key, (string?)instant.ToString("O", CultureInfo.InvariantCulture))];
        }

        var isReadable = type.IsEnum
            ? Array.Exists(Enum.GetNames(type), name => name.Equals(given.Value, StringComparison.OrdinalIgnoreCase))
            : type == typeof(string) || TypeDescriptor.GetConverter(type).IsValid(given.Value);
        if (!isReadable)
            throw new SettingsException($"{given.Name} must be {Expected(type, property)}, not '{given.Value}'");
        return [KeyValuePair.Create(key, (string?)given.Value)];
    }

    /// <summary>What a property takes, in words.</summary>
    public static string Expected(Type type, PropertyInfo property)
    {
        var kind =
            type == typeof(TimeSpan) ? "a duration"
            : type == typeof(double) ? "a number"
            : "a whole number";
        if (type == typeof(bool))
            return "true or false";
        if (type.IsEnum)
            return $"one of {string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))}";
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            return $"{kind} from {range.Minimum} to {range.Maximum}";
        return type == typeof(TimeSpan) ? "a duration such as 00:02:00" : kind;
    }

    private static DateTimeOffset? Instant(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero)
            : ResourceHeader.ParseInstant(text);

    private static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is { IsPublic: true });

    private static IEnumerable<string> NamesOf(Type type) => Settable(type).Select(p => p.Name);

    private static string? Nearest(string name, IEnumerable<string> known, int maxDistance) =>
        known
            .Select(k => (Name: k, Distance: Distance(name.ToUpperInvariant(), k.ToUpperInvariant())))
            .Where(k => k.Distance <= maxDistance)
            .OrderBy(k => k.Distance)
            .Select(k => k.Name)
            .FirstOrDefault();

    /// <summary>The Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
