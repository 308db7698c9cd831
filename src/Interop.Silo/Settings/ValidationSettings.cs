using System.Collections.Immutable;
using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Silo.Settings;

/// <summary>Reads how strictly resources are validated (<c>Validation:Level</c>, <c>Validation:Profiles</c>), and the profiles' files.</summary>
internal static class ValidationSettings
{
    public const string Structure = "structure";
    public const string Full = "full";

    private const string Section = "Validation";

    /// <exception cref="SettingsException">A setting is bad, or a profile cannot be used.</exception>
    public static ValidationOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        foreach (var given in section.GetChildren())
        {
            if (!given.Key.Equals("Level", StringComparison.OrdinalIgnoreCase) && !given.Key.Equals("Profiles", StringComparison.OrdinalIgnoreCase))
                throw new SettingsException($"{given.Path} is no setting: {Section} takes Level, Profiles");
        }

        var profiles = section.GetSection("Profiles");
        var paths = (profiles.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Concat(profiles.GetChildren().Select(item => item.Value ?? throw new SettingsException($"{item.Path} must be a file or a folder")));
        return Options(SettingsReader.OneOf(configuration, $"{Section}:Level", Structure, Structure, Full)!, paths, $"{Section}:Profiles");
    }

    /// <summary>The options of a level with the profiles of some files and folders.</summary>
    /// <param name="level">structure or full.</param>
    /// <param name="paths">StructureDefinition files, or folders with such; what else lies in a folder as JSON is passed over.</param>
    /// <param name="setting">What gave the paths, for whoever reads why one of them cannot be used.</param>
    /// <exception cref="SettingsException">A file cannot be read or is no profile; the message names it and says why.</exception>
    public static ValidationOptions Options(string level, IEnumerable<string> paths, string setting)
    {
        var isFull = level == Full;
        return new ValidationOptions
        {
            Level = isFull ? ValidationLevel.Full : ValidationLevel.Structure,
            InvariantChecker = isFull ? InvariantChecker.Default : null,
            ProfileChecker = Load(paths, setting) is { IsEmpty: false } profiles ? new ProfileSet(R4Schema.Default, profiles) : null,
        };
    }

    private static ImmutableArray<Profile> Load(IEnumerable<string> paths, string setting)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var profiles = ImmutableArray.CreateBuilder<Profile>();
        foreach (var (file, isOwnName) in paths.SelectMany(path => Files(path, setting)))
        {
            if (LoadFile(file, isOwnName, setting) is not { } profile)
                continue;
            if (!files.TryAdd(profile.Url, file))
                throw new SettingsException($"{setting}: {file} is the profile {profile.Url}, and so is {files[profile.Url]}");
            profiles.Add(profile);
        }

        return profiles.ToImmutable();
    }

    private static IEnumerable<(string File, bool IsOwnName)> Files(string path, string setting) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal).Select(file => (file, false))
        : File.Exists(path) ? [(path, true)]
        : throw new SettingsException($"{setting} takes StructureDefinition files and folders with such; there is none at '{path}'");

    private static Profile? LoadFile(string file, bool isOwnName, string setting)
    {
        try
        {
            var bytes = File.ReadAllBytes(file).AsMemory();
            bytes = bytes.Span.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;
            // A published package has value sets and its own description beside the profiles.
            return isOwnName || IsStructureDefinition(bytes) ? Profile.Load(bytes) : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{setting}: {file} cannot be used: {e.Message}");
        }
    }

    private static bool IsStructureDefinition(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("resourceType"u8, out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("StructureDefinition"u8);
    }
}
