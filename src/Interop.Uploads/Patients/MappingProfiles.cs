using System.Text.Json;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Patients;

/// <summary>The profiles by name: the built-in ones, and the files of a folder, which win.</summary>
internal sealed class MappingProfiles
{
    public const string Default = "pacientes";

    private readonly Dictionary<string, PatientFormat> _formats = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">A file of the folder is no profile.</exception>
    public MappingProfiles(string? directory)
    {
        var assembly = typeof(MappingProfiles).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("profiles/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            Add(MappingProfile.Parse(stream));
        }
        foreach (var file in (directory is null ? [] : Directory.GetFiles(directory, "*.json")).Order(StringComparer.Ordinal))
        {
            try
            {
                using var stream = File.OpenRead(file);
                Add(MappingProfile.Parse(stream));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file} is not a mapping profile: {e.Message}", e);
            }
        }
    }

    /// <exception cref="UnknownProfileException">There is none of the name.</exception>
    public PatientFormat Find(string? name) =>
        _formats.GetValueOrDefault(name ?? Default)
        ?? throw new UnknownProfileException(
            $"there is no mapping profile '{name}'; known are {string.Join(", ", _formats.Keys.Order(StringComparer.Ordinal))}"
        );

    private void Add(MappingProfile profile) => _formats[profile.Name] = new PatientFormat(profile);
}
