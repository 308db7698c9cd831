using System.CommandLine;
using Interop.Fhir.Views;

namespace Interop.Silo.CommandLine;

/// <summary><c>views run --view FILE --input NDJSON</c>: the rows that a SQL-on-FHIR view makes of a file of resources.</summary>
internal static class ViewsCommand
{
    public static Command Create()
    {
        var command = new Command("views", "SQL-on-FHIR views");
        command.Subcommands.Add(CreateRun());
        return command;
    }

    private static Command CreateRun()
    {
        var view = new Option<FileInfo>("--view") { Description = "A ViewDefinition of SQL on FHIR v2, as JSON", Required = true };
        var input = new Option<FileInfo>("--input") { Description = "Resources as NDJSON or JSON, also .gz", Required = true };
        var output = new Option<FileInfo?>("--output") { Description = "Where the rows go; standard output when absent" };
        var format = new Option<string?>("--format") { Description = "By the output's extension when absent, else ndjson" };
        format.AcceptOnlyFromAmong(ViewFileRun.Ndjson, ViewFileRun.Csv);
        var command = new Command("run", "Run a ViewDefinition over resources; exit 1 when a line or the view is bad")
        {
            view,
            input,
            output,
            format,
        };
        command.SetAction(
            (parsed, token) =>
                RunAsync(parsed.GetValue(view)!, parsed.GetValue(input)!, parsed.GetValue(output), parsed.GetValue(format), token)
        );
        return command;
    }

    private static async Task<int> RunAsync(
        FileInfo viewFile,
        FileInfo input,
        FileInfo? output,
        string? format,
        CancellationToken cancellationToken
    )
    {
        if (output is not null && output.FullName == input.FullName)
            throw new ArgumentException($"--output {output} is the input itself");
        if (await CompileAsync(viewFile, cancellationToken) is not { } view)
            return 1;

        format ??= output?.Extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) == true ? ViewFileRun.Csv : ViewFileRun.Ndjson;
        var run = new ViewFileRun(
            view,
            input,
            (line, reason) => Console.Error.WriteLineAsync($"{input}:{line} {reason.ReplaceLineEndings(" ")}")
        );
        if (output is null)
        {
            await using var standard = Console.OpenStandardOutput();
            await run.WriteAsync(standard, format, cancellationToken);
        }
        else
        {
            await WriteFileAsync(run, output, format, cancellationToken);
        }

        await Console.Error.WriteLineAsync(
            $"{run.Resources} resources, {run.Skipped} of other types, {run.Rows} rows, {run.BadLines} bad lines"
        );
        return run.BadLines > 0 ? 1 : 0;
    }

    private static async Task<CompiledView?> CompileAsync(FileInfo file, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(file.FullName, cancellationToken);
        try
        {
            var view = CompiledView.Compile(ViewDefinition.Parse(bytes));
            foreach (var warning in view.Warnings)
                await Console.Error.WriteLineAsync($"{file}: {warning.Place}: warning: {warning.Reason}");
            return view;
        }
        catch (ViewDefinitionException e)
        {
            await Console.Error.WriteLineAsync($"interop: {file}: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    /// <summary>The file has another name until it is complete, so that a part is not taken for the whole.</summary>
    private static async Task WriteFileAsync(ViewFileRun run, FileInfo output, string format, CancellationToken cancellationToken)
    {
        var part = output.FullName + ".part";
        try
        {
            await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                await run.WriteAsync(stream, format, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, output.FullName, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
