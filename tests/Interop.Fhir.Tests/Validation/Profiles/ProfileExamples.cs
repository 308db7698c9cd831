using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>The examples and definitions of a FHIR package.</summary>
internal static class ProfileExamples
{
    /// <summary>The JSON files in the folder of examples, by name. The examples of IPS claim no profile: each gets a claim where the
    /// package
    /// has one profile of its type.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Of(string archive)
    {
        var examples = Files(archive).Where(f => f.Folder is "package/example" or "example");
        if (!Path.GetFileName(archive).Contains(".ips-", StringComparison.Ordinal))
            return examples.Select(f => (f.Name, f.Bytes));
        var only = Definitions(archive)
            .Values.GroupBy(d => d["type"]!.GetValue<string>())
            .Where(g => g.Count() == 1)
            .ToDictionary(g => g.Key, g => g.First()["url"]!.GetValue<string>());
        return examples.Select(f => (f.Name, Claim(f.Bytes, only)));
    }

    private static byte[] Claim(byte[] bytes, Dictionary<string, string> profiles)
    {
        var resource = JsonNode.Parse(bytes)!.AsObject();
        if (resource["resourceType"]?.GetValue<string>() is not { } type || !profiles.TryGetValue(type, out var url))
            return bytes;
        resource["meta"] ??= new JsonObject();
        resource["meta"]!["profile"] ??= new JsonArray(url);
        return Encoding.UTF8.GetBytes(resource.ToJsonString());
    }

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
