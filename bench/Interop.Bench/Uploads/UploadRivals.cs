using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Interop.Bench.Telemetry;
using Interop.Sandbox;

namespace Interop.Bench.Uploads;

/// <summary>The sandbox in a process of its own, and loops that send it what Interop sends.</summary>
internal static class UploadRivals
{
    private const string SandboxVerb = "upload-sandbox";
    private static readonly MediaTypeHeaderValue FhirJson = new("application/fhir+json") { CharSet = "utf-8" };

    public static IEnumerable<Command> Create()
    {
        var sandbox = new Command(SandboxVerb, "The sandbox without data (started by the measurement)") { Hidden = true };
        sandbox.SetAction(
            async (_, token) =>
            {
                await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 }, token);
                Console.WriteLine($"Sandbox 1 on {server.BaseAddress}");
                await server.WaitForShutdownAsync(token);
                return 0;
            }
        );
        yield return sandbox;
    }

    public static Task<ServedProcess> StartSandboxAsync() => ServedProcess.StartAsync("Interop.Bench", [SandboxVerb]);

    /// <summary>Posts one transaction per row. Returns the seconds.</summary>
    /// <param name="prepared">Whether the requests are created before the measurement.</param>
    public static async Task<double> LoopAsync(Uri sandbox, int rows, int first, int connections, bool prepared)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        var address = new Uri(sandbox, "fhir");
        var bundles = prepared ? Enumerable.Range(first, rows).Select(Bundle).ToArray() : null;
        var startedAt = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, rows),
            new ParallelOptions { MaxDegreeOfParallelism = connections },
            async (row, token) =>
            {
                using var content = new ByteArrayContent(bundles?[row] ?? Bundle(first + row));
                content.Headers.ContentType = FhirJson;
                using var answer = await http.PostAsync(address, content, token);
                await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(token);
            }
        );
        return Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
    }

    /// <summary>The transaction that Interop sends for the same row of <see cref="PatientCsv"/>.</summary>
    private static byte[] Bundle(int row)
    {
        var (number, patient) = (PatientCsv.Number(row), $"urn:uuid:{Guid.NewGuid()}");
        var identifier = Uri.EscapeDataString($"urn:interop:patient-number|{number}");
        var condition =
            row % 4 != 0
                ? ""
                : $$$"""
                    ,{"fullUrl":"urn:uuid:{{{Guid.NewGuid()}}}","resource":{"resourceType":"Condition","identifier":[{"system":"urn:interop:upload-entry","value":"{{{number}}}-diabetes-0123456789abcdef0123456789abcdef0123456789"}],"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006","display":"Diabetes mellitus type 2"}],"text":"Diabetic"},"subject":{"reference":"{{{patient}}}"},"recordedDate":"2026-03-01T10:00:00Z"},"request":{"method":"POST","url":"Condition","ifNoneExist":"identifier=urn%3Ainterop%3Aupload-entry%7C{{{number}}}-diabetes-0123456789abcdef0123456789abcdef0123456789"}}
                    """;
        return Encoding.UTF8.GetBytes(
            $$$"""
            {"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"{{{patient}}}","resource":{"resourceType":"Patient","identifier":[{"system":"urn:interop:patient-number","value":"{{{number}}}"}],"name":[{"family":"Lee{{{row:D8}}}","given":["Ann","Mary"]}],"telecom":[{"system":"phone","value":"+64 21 {{{row:D8}}}"}],"gender":"female","birthDate":"1984-03-07","address":[{"country":"New Zealand"}]},"request":{"method":"PUT","url":"Patient?identifier={{{identifier}}}"}}{{{condition}}}]}
            """
        );
    }
}
