using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Interop.Sandbox.Fhir;

/// <summary>Loads `{Type}.ndjson` and `{Type}.ndjson.gz` files.</summary>
internal static class NdjsonFiles
{
    public static async Task LoadAsync(ResourceStore store, string directory, CancellationToken cancellationToken)
    {
        var paths = Directory
            .EnumerateFiles(directory)
            .Where(path => path.EndsWith(".ndjson", StringComparison.Ordinal) || path.EndsWith(".ndjson.gz", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (paths.Count == 0)
            throw new InvalidDataException($"No .ndjson or .ndjson.gz files in {directory}.");
        foreach (var path in paths)
            await LoadFileAsync(store, path, cancellationToken);
    }

    private static async Task LoadFileAsync(ResourceStore store, string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        await using Stream content = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using var reader = new StreamReader(content, Encoding.UTF8);
        var number = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                store.Load(Encoding.UTF8.GetBytes(line));
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidDataException(
                    $"{path}, line {number}: not a FHIR resource with resourceType and id ({error.Message}).",
                    error
                );
            }
        }
    }
}
