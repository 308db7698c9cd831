namespace Interop.Ingestion.Fetching;

/// <summary>The files of a folder that may hold resources.</summary>
internal static class FileListing
{
    private static readonly string[] Known = [".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz"];

    // Resources of other types refer to these. Synthea calls two of its files hospitalInformation and practitionerInformation.
    private static readonly string[] First = ["organization", "location", "hospitalinformation", "practitioner", "patient"];

    /// <summary>The names by which a file is recognised.</summary>
    public static string Endings { get; } = string.Join(", ", Known);

    /// <summary>The names of the files under a folder, in the order of reading: what others refer to first. Of one file: its
    /// name.</summary>
    public static IReadOnlyList<string> Of(string root)
    {
        if (File.Exists(root))
            return [Path.GetFileName(root)];
        return
        [
            .. Directory
                .EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path))
                .Where(name => !IsHidden(name) && Known.Any(ending => EndsIn(name, ending)))
                .OrderBy(RankOf)
                .ThenBy(name => name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The path of a file that <see cref="Of"/> named.</summary>
    public static string PathOf(string root, string name) => File.Exists(root) ? root : Path.Combine(root, name);

    /// <summary>Whether the name says that each line is a resource.</summary>
    public static bool IsNdjson(string name) =>
        Known.Any(ending => ending.Contains("ndjson", StringComparison.Ordinal) && EndsIn(name, ending));

    private static bool EndsIn(string name, string ending) => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    private static bool IsHidden(string name) => name.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('.'));

    private static int RankOf(string name)
    {
        var file = Path.GetFileName(name);
        var rank = Array.FindIndex(First, first => file.StartsWith(first, StringComparison.OrdinalIgnoreCase));
        return rank < 0 ? First.Length : rank;
    }
}
