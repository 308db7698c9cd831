using System.Text.Json;

namespace Interop.Uploads.Tm2;

/// <summary>A code of the table.</summary>
/// <param name="Names">Names by system of medicine.</param>
internal sealed record Tm2Mapping(string Icd11, string Title, Dictionary<string, string>? Names = null);

/// <summary>From TM2 codes to ICD-11 codes and titles. A code without an entry keeps its own code.</summary>
internal sealed class Tm2Mappings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Dictionary<string, Tm2Mapping> _mappings;

    /// <exception cref="InvalidDataException">The file is no mapping table.</exception>
    public Tm2Mappings(string? file)
    {
        using var stream = file is null
            ? typeof(Tm2Mappings).Assembly.GetManifestResourceStream("tm2-mappings.json")!
            : File.OpenRead(file);
        try
        {
            _mappings = new Dictionary<string, Tm2Mapping>(
                JsonSerializer.Deserialize<Dictionary<string, Tm2Mapping>>(stream, Json)!,
                StringComparer.OrdinalIgnoreCase
            );
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is not a TM2 mapping table: {e.Message}", e);
        }
    }

    public Tm2Mapping? Find(string code) => _mappings.GetValueOrDefault(code);
}
