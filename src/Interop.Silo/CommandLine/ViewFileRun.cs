using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Interop.Fhir.Client;
using Interop.Fhir.Files;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Views;
using Interop.Fhir.Views.Rows;

namespace Interop.Silo.CommandLine;

/// <summary>One view over one file, a line at a time: memory follows the longest line, not the file.</summary>
/// <param name="view">The view.</param>
/// <param name="input">NDJSON or JSON, also .gz.</param>
/// <param name="onBadLine">Receives the number of a bad line and what is wrong with it; the run continues.</param>
internal sealed class ViewFileRun(CompiledView view, FileInfo input, Func<long, string, Task> onBadLine)
{
    public const string Ndjson = "ndjson";
    public const string Csv = "csv";

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = ValidationOptions.DefaultMaxDepth };

    private readonly HeldRows _rows = new();

    public long Resources { get; private set; }

    /// <summary>Resources of another type than the view's.</summary>
    public long Skipped { get; private set; }

    public long Rows { get; private set; }

    public long BadLines { get; private set; }

    /// <exception cref="IOException">The input cannot be read, or the output not written.</exception>
    /// <exception cref="InvalidDataException">The input ends in .gz and is not gzip.</exception>
    public async Task WriteAsync(Stream output, string format, CancellationToken cancellationToken)
    {
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(minimumBufferSize: 64 * 1024, leaveOpen: true));
        var columns = view.Columns.Select(column => column.Name);
        using ViewRowWriter writer = format == Csv ? new CsvRowWriter(columns, pipe) : new NdjsonRowWriter(columns, pipe);
        await foreach (var (line, bytes) in ResourceFile.ReadAsync(input, cancellationToken))
        {
            Resources++;
            if (Run(bytes, cancellationToken) is { } reason)
            {
                BadLines++;
                await onBadLine(line, reason);
                continue;
            }

            _rows.MoveTo(writer);
            await writer.FlushWhenFullAsync(cancellationToken);
        }

        await writer.FlushAsync(cancellationToken);
        await pipe.CompleteAsync();
    }

    /// <summary>Holds the rows of one resource; or says why there are none.</summary>
    private string? Run(ReadOnlyMemory<byte> resource, CancellationToken cancellationToken)
    {
        if (resource.Length > ResourceFile.LargestResource)
            return $"the resource is larger than {ResourceFile.LargestResource:N0} bytes";
        if (!Utf8.IsValid(resource.Span))
            return "the line is not UTF-8";
        try
        {
            using var document = JsonDocument.Parse(resource, Json);
            var rows = view.Run(document.RootElement, _rows, cancellationToken: cancellationToken);
            if (rows == 0)
                return WhyNone(resource.Span, document.RootElement);
            Rows += rows;
            return null;
        }
        catch (JsonException e)
        {
            return $"not JSON, or nested more than {Json.MaxDepth} levels deep: {e.Message.Split(" LineNumber:")[0]}";
        }
        catch (ViewEvaluationException e)
        {
            _rows.Clear();
            return $"the view cannot take this resource: {e.Message}";
        }
    }

    /// <summary>The reason why a resource has no rows; null when the view gives none for it.</summary>
    private string? WhyNone(ReadOnlySpan<byte> resource, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return "no resource: a resource is a JSON object";
        var type = ResourceHeader.Read(resource).ResourceType;
        if (type is null || R4Schema.Default.FindResource(type) is null)
            return type is null ? "no resource: resourceType is missing" : $"no resource: FHIR R4 has no resource type '{type}'";
        if (type != view.Definition.Resource)
            Skipped++;
        return null;
    }
}
