using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>
/// Profiles with the value sets and code systems that they use, from StructureDefinition files, folders, FHIR packages (.tgz), or the
/// local package cache (https://confluence.hl7.org/display/FHIR/FHIR+Package+Cache).
/// </summary>
public sealed class ProfilePackage
{
    /// <summary>The largest size of all files of a package after decompression, in bytes.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    private const int MaxFileBytes = 64 * 1024 * 1024;
    private const int MaxFiles = 50_000;

    /// <param name="profiles">The profiles.</param>
    /// <param name="terminology">ValueSets and CodeSystems, each as its JSON.</param>
    internal ProfilePackage(ImmutableArray<Profile> profiles, ImmutableArray<JsonElement> terminology) =>
        (Profiles, Terminology) = (profiles, terminology);

    /// <summary>A package of profiles without value sets.</summary>
    public static ProfilePackage Of(IEnumerable<Profile> profiles) => new([.. profiles], []);

    /// <summary>The profiles in the order of their files.</summary>
    public ImmutableArray<Profile> Profiles { get; }

    internal ImmutableArray<JsonElement> Terminology { get; }

    /// <summary>Loads profiles from several places.</summary>
    /// <param name="sources">
    /// Each a StructureDefinition file, a folder, a .tgz package, or the name of a package in the cache with or without its version
    /// (<c>hl7.fhir.us.core#6.1.0</c>). Files of other content are ignored in folders and packages. R4's vital signs are always there; the
    /// name
    /// <c>hl7.fhir.r4.vitalsigns</c> asks for nothing else.
    /// </param>
    /// <exception cref="FormatException">A source is not there or cannot be used; the message names it and says why.</exception>
    public static ProfilePackage Load(IEnumerable<string> sources)
    {
        var loader = new Loader();
        foreach (var source in sources)
            loader.Load(source);
        return loader.ToPackage();
    }

    private sealed class Loader
    {
        private readonly Dictionary<string, (Profile Profile, string File)> _profiles = new(StringComparer.Ordinal);
        private readonly List<JsonElement> _terminology = [];
        private long _bytes;
        private int _files;

        public ProfilePackage ToPackage() => new([.. _profiles.Values.Select(p => p.Profile)], [.. _terminology]);

        public void Load(string source)
        {
            try
            {
                if (source == VitalSigns.PackageName)
                    return;
                if (Directory.Exists(source))
                    LoadFolder(source);
                else if (
                    File.Exists(source)
                    && (
                        source.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase)
                        || source.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase)
                    )
                )
                    LoadArchive(source);
                else if (File.Exists(source))
                    Add(File.ReadAllBytes(source), source, isNamed: true);
                else if (FindInCache(source) is { } cached)
                    LoadFolder(cached);
                else
                    throw new FormatException($"there is no StructureDefinition file, folder, .tgz package or cached package '{source}'");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new FormatException($"{source} cannot be used: {e.Message}", e);
            }
        }

        private void LoadFolder(string folder)
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
                Add(File.ReadAllBytes(file), file, isNamed: false);
            var inner = Path.Combine(folder, "package");
            if (Directory.Exists(inner))
                LoadFolder(inner);
        }

        private void LoadArchive(string archive)
        {
            using var stream = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
            using var tar = new TarReader(stream);
            while (tar.GetNextEntry() is { } entry)
            {
                Count(archive, entry.Length);
                var isResource =
                    entry.DataStream is not null
                    && entry.Name.EndsWith(".json", StringComparison.Ordinal)
                    && Path.GetDirectoryName(entry.Name) is "package";
                if (!isResource)
                    continue;
                var bytes = new byte[entry.Length];
                entry.DataStream!.ReadExactly(bytes);
                Add(bytes, $"{archive}!{entry.Name}", isNamed: false, isCounted: true);
            }
        }

        private void Count(string file, long bytes)
        {
            if (++_files > MaxFiles)
                throw new FormatException($"{file} has more than {MaxFiles:N0} files");
            if (bytes > MaxFileBytes || (_bytes += bytes) > MaxBytes)
                throw new FormatException($"{file} is too large: a file may have {MaxFileBytes:N0} bytes and a package {MaxBytes:N0}");
        }

        private void Add(byte[] content, string file, bool isNamed, bool isCounted = false)
        {
            if (!isCounted)
                Count(file, content.Length);
            try
            {
                var bytes = content.AsMemory();
                bytes = bytes.Span.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;
                using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = ValidationOptions.LargestMaxDepth });
                var root = document.RootElement;
                var type = Profile.Text(root, "resourceType");
                if (type is "ValueSet" or "CodeSystem" && !isNamed)
                    _terminology.Add(root.Clone());
                else if (isNamed || (type == "StructureDefinition" && IsProfile(root)))
                    Add(Profile.Read(root.Clone()), file);
            }
            catch (Exception e)
                when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException
                    && e is not DuplicateProfileException
                )
            {
                throw new FormatException($"{file} cannot be used: {e.Message}", e);
            }
        }

        private void Add(Profile profile, string file)
        {
            if (!_profiles.TryAdd(profile.Url, (profile, file)))
                throw new DuplicateProfileException($"{file} is the profile {profile.Url}, and so is {_profiles[profile.Url].File}");
        }

        // Packages also define logical models and types of their own, which are no profiles.
        private static bool IsProfile(JsonElement definition) =>
            Profile.Text(definition, "derivation") == "constraint"
            && Profile.Text(definition, "kind") is null or "resource" or "complex-type"
            && (Profile.Text(definition, "fhirVersion") is not { } version || version.StartsWith("4.0", StringComparison.Ordinal));

        private static string? FindInCache(string name)
        {
            var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".fhir", "packages");
            if (
                name.Contains('/', StringComparison.Ordinal)
                || name.Contains('\\', StringComparison.Ordinal)
                || name.Contains("..", StringComparison.Ordinal)
                || !Directory.Exists(cache)
            )
                return null;
            var exact = Path.Combine(cache, name);
            if (name.Contains('#', StringComparison.Ordinal))
                return Directory.Exists(exact) ? exact : null;
            return Directory.EnumerateDirectories(cache, name + "#*").Order(StringComparer.Ordinal).LastOrDefault();
        }
    }

    private sealed class DuplicateProfileException(string message) : FormatException(message);
}
