using System.CommandLine;
using Interop.Fhir.Files;
using Interop.Fhir.Schema;
using Interop.Fhir.Terminology;
using Interop.Fhir.Validation;
using Interop.Silo.Settings;
using Interop.Uploads.Running;

namespace Interop.Silo.CommandLine;

/// <summary><c>validate FILE...</c>: JSON or NDJSON, also gzipped; a line per issue, exit 1 when any is an error.</summary>
internal static class ValidateCommand
{
    private const string StandardInput = "-";

    public static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "JSON or NDJSON files, also .gz; - reads standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        var level = new Option<ValidationLevel>("--level")
        {
            Description = "structure, or full: the specification's invariants too",
            DefaultValueFactory = _ => ValidationLevel.Structure,
        };
        var profiles = new Option<string[]>("--profile")
        {
            Description =
                "A StructureDefinition file, a folder, a FHIR package (.tgz, or its name in the package cache), or a profile's URL that every resource of its type must follow; repeatable",
            DefaultValueFactory = _ => [],
        };
        var terminology = new Option<string?>("--terminology")
        {
            Description =
                "The URL of a FHIR terminology server that decides codes which the packages cannot decide; default: TERMINOLOGY_URL",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TERMINOLOGY_URL"),
        };
        var command = new Command("validate", "Validate FHIR R4 resources; a line per issue") { files, level, profiles, terminology };
        command.SetAction(
            async (parsed, token) =>
            {
                using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
                {
                    Timeout = Timeout.InfiniteTimeSpan,
                };
                var server = parsed.GetValue(terminology) is { Length: > 0 } url ? Open(http, url) : null;
                var options = ValidationSettings.Options(parsed.GetValue(level), parsed.GetValue(profiles)!, "--profile", server);
                return await RunAsync(parsed.GetValue(files)!, options, token);
            }
        );
        return command;
    }

    private static RemoteTerminology Open(HttpClient http, string url)
    {
        if (!InteropSettings.IsHttpUrl(url))
            throw new SettingsException($"--terminology must be an absolute http or https URL, not '{url}'");
        var client = new TerminologyClient(http, url, new UploadOptions().TerminologyTimeout, TimeProvider.System);
        return new RemoteTerminology(client, TimeProvider.System, Console.Error.WriteLine);
    }

    private static async Task<int> RunAsync(string[] files, ValidationOptions options, CancellationToken cancellationToken)
    {
        var validator = new ResourceValidator(R4Schema.Default, options);
        var (resources, errors) = (0L, 0L);
        await using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 16 * 1024);
        foreach (var file in files)
        {
            await foreach (
                var (line, bytes) in file == StandardInput
                    ? ResourceFile.ReadAsync(Console.OpenStandardInput(), cancellationToken)
                    : ResourceFile.ReadAsync(new FileInfo(file), cancellationToken)
            )
            {
                resources++;
                foreach (var issue in validator.Validate(bytes.Span, cancellationToken).Issues)
                {
                    if (issue.Severity == IssueSeverity.Error)
                        errors++;
                    await output.WriteLineAsync(
                        $"{file}:{line} {(issue.Location.Length == 0 ? "-" : issue.Location)} {issue.Severity.ToString().ToLowerInvariant()} {issue.Code} {issue.Text.ReplaceLineEndings(" ")}"
                    );
                }
            }
        }

        await output.FlushAsync(cancellationToken);
        await Console.Error.WriteLineAsync($"{resources} resources, {errors} errors");
        return errors > 0 ? ExitCodes.Failure : ExitCodes.Success;
    }
}
