using System.ComponentModel.DataAnnotations;
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

    /// <summary>StructureDefinition files, folders of them, FHIR packages, and URLs of required profiles.</summary>
    public List<string> Profiles { get; set; } = [];

    /// <inheritdoc/>
    /// <exception cref="SettingsException">A profile cannot be used.</exception>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        ToOptions(null);
        return [];
    }

    /// <param name="terminology">Decides codes that the packages cannot decide; null: nothing does.</param>
    /// <exception cref="SettingsException">A profile cannot be used.</exception>
    public ValidationOptions ToOptions(ITerminology? terminology) => Options(Level, Profiles, $"{Section}:Profiles", terminology);

    /// <summary>The options of a level with the profiles of some files and folders.</summary>
    /// <param name="level">structure or full.</param>
    /// <param name="sources">
    /// StructureDefinition files, folders, FHIR packages (.tgz), names of packages in the local cache, and URLs of profiles that every
    /// resource of their type must follow.
    /// </param>
    /// <param name="setting">The setting or option that gave the sources, for messages.</param>
    /// <param name="terminology">Decides codes that the packages cannot decide; null: nothing does.</param>
    /// <exception cref="SettingsException">A source cannot be read or used; the message names it and says why.</exception>
    public static ValidationOptions Options(
        ValidationLevel level,
        IEnumerable<string> sources,
        string setting,
        ITerminology? terminology
    ) =>
        new()
        {
            Level = level,
            InvariantChecker = level == ValidationLevel.Full ? InvariantChecker.Default : null,
            ProfileChecker = Load([.. sources], setting, terminology),
        };

    private static ProfileSet? Load(List<string> sources, string setting, ITerminology? terminology)
    {
        if (sources.Count == 0)
            return null;
        var required = sources.FindAll(IsUrl);
        try
        {
            return new ProfileSet(R4Schema.Default, ProfilePackage.Load(sources.Where(source => !IsUrl(source))), required, terminology);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new SettingsException($"{setting}: {e.Message}");
        }
    }

    private static bool IsUrl(string source) =>
        source.StartsWith("http://", StringComparison.Ordinal) || source.StartsWith("https://", StringComparison.Ordinal);
}
