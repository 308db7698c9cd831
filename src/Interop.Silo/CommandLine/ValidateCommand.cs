using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using Interop.Fhir.Validation;

namespace Interop.Silo.CommandLine;

/// <summary><c>validate FILE...</c>: JSON or NDJSON, also gzipped; a line per issue, exit 1 when any is an error.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = "JSON or NDJSON files, also .gz", Arity = ArgumentArity.OneOrMore };
        var command = new Command("validate", "Validate FHIR R4 resources; a line per issue") { files };
        command.SetAction((parsed, token) => RunAsync(parsed.GetValue(files)!, token));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo[] files, CancellationToken cancellationToken)
    {
        var (resources, errors) = (0L, 0L);
        foreach (var file in files)
        {
            await foreach (var (line, bytes) in ResourcesAsync(file, cancellationToken))
            {
                resources++;
                foreach (var issue in ResourceValidator.Default.Validate(bytes.Span).Issues)
                {
                    if (issue.Severity == IssueSeverity.Error)
                        errors++;
                    Console.WriteLine($"{file}:{line} {issue.Location} {issue.Severity.ToString().ToLowerInvariant()} {issue.Code} {issue.Text}");
                }
            }
        }

        await Console.Error.WriteLineAsync($"{resources} resources, {errors} errors");
        return errors > 0 ? 1 : 0;
    }

    /// <summary>Each line of NDJSON; a file whose first line is no complete JSON document is one resource over many lines.</summary>
    private static async IAsyncEnumerable<(long Line, ReadOnlyMemory<byte> Bytes)> ResourcesAsync(
        FileInfo file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = Open(file);
        using var reader = new StreamReader(stream);
        long number = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (number == 1 && !IsDocument(line))
            {
                yield return (1, System.Text.Encoding.UTF8.GetBytes(line + "\n" + await reader.ReadToEndAsync(cancellationToken)));
                yield break;
            }

            yield return (number, System.Text.Encoding.UTF8.GetBytes(line));
        }
    }

    private static Stream Open(FileInfo file)
    {
        var stream = file.OpenRead();
        return file.Extension == ".gz" ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static bool IsDocument(string line)
    {
        try
        {
            using var _ = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 1024 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
