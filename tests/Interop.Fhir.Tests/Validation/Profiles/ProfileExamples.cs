using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>The examples and definitions of a FHIR package.</summary>
internal static class ProfileExamples
{
    /// <summary>The JSON files in the folder of examples, by name.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Of(string archive) =>
        Files(archive).Where(f => f.Folder is "package/example" or "example").Select(f => (f.Name, f.Bytes));

    /// <summary>The StructureDefinitions that constrain a type, by URL.</summary>
    public static Dictionary<string, JsonObject> Definitions(string archive) =>
        Files(archive)
            .Where(f => f.Folder == "package" && f.Name.StartsWith("StructureDefinition-", StringComparison.Ordinal))
            .Select(f => JsonNode.Parse(f.Bytes)!.AsObject())
            .Where(d => d["derivation"]?.GetValue<string>() == "constraint")
            .ToDictionary(d => d["url"]!.GetValue<string>());

    private static IEnumerable<(string Folder, string Name, byte[] Bytes)> Files(string archive)
    {
        using var stream = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !entry.Name.EndsWith(".json", StringComparison.Ordinal))
                continue;
            using var bytes = new MemoryStream();
            entry.DataStream.CopyTo(bytes);
            yield return (Path.GetDirectoryName(entry.Name)!, Path.GetFileName(entry.Name), bytes.ToArray());
        }
    }
}
