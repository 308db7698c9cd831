using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;
using Interop.Fhir.Validation.Profiles;
using ValidationResult = System.ComponentModel.DataAnnotations.ValidationResult;

namespace Interop.Silo.Settings;

/// <summary>How strictly resources are validated.</summary>
internal sealed record ValidationSettings : IValidatableObject
{
    public const string Section = "Validation";

    /// <summary><c>structure</c>, or <c>full</c>: the invariants of the specification too.</summary>
    public ValidationLevel Level { get; set; } = ValidationLevel.Structure;

    /// <summary>StructureDefinition files, and folders of them.</summary>
    public List<string> Profiles { get; set; } = [];

    /// <inheritdoc/>
    /// <exception cref="SettingsException">A profile cannot be used.</exception>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        ToOptions();
        return [];
    }

    /// <exception cref="SettingsException">A profile cannot be used.</exception>
    public ValidationOptions ToOptions() => Options(Level, Profiles, $"{Section}:Profiles");

    /// <summary>The options of a level with the profiles of some files and folders.</summary>
    /// <param name="level">structure or full.</param>
    /// <param name="paths">StructureDefinition files, or folders of them; other JSON files of a folder are ignored.</param>
    /// <param name="setting">The setting or option that gave the paths, for messages.</param>
    /// <exception cref="SettingsException">A file cannot be read or is not a profile; the message names it and says why.</exception>
    public static ValidationOptions Options(ValidationLevel level, IEnumerable<string> paths, string setting)
    {
        return new ValidationOptions
        {
            Level = level,
            InvariantChecker = level == ValidationLevel.Full ? InvariantChecker.Default : null,
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
        : throw new SettingsException($"{setting} takes StructureDefinition files and folders of them; there is none at '{path}'");

    private static Profile? LoadFile(string file, bool isOwnName, string setting)
    {
        try
        {
            var bytes = File.ReadAllBytes(file).AsMemory();
            bytes = bytes.Span.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;
            // A published package also contains value sets and a description of the package.
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
