using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Interop.Sandbox.Faults;
using Microsoft.AspNetCore.Http.Extensions;

namespace Interop.Sandbox.Fhir;

/// <summary>Bulk Data exports (HL7 Bulk Data Access 2.0): kick-off, status, files and DELETE.</summary>
internal sealed class ExportEndpoints(ResourceStore store, ExportJobs jobs, SandboxOptions options)
{
    private sealed record Wish(string[] Types, long SinceTicks, bool HasSince);

    public async Task<FhirAnswer> StartAsync(HttpContext context, string operation)
    {
        var request = context.Request;
        if (!request.Headers["Prefer"].ToString().Contains("respond-async", StringComparison.Ordinal))
            throw FhirError.Invalid("An export is asynchronous: send Prefer: respond-async.");
        var parameters = HttpMethods.IsPost(request.Method)
            ? await ReadParametersAsync(request)
            : request.Query.SelectMany(p => p.Value, (p, value) => (p.Key, Value: value ?? "")).ToList();
        if (FaultPlan.Of(context).Find(FaultKind.SynchronousExport) is not null)
            return Bundle();

        var job = jobs.Begin(
            $"{request.Method} {operation} {string.Join('&', parameters.Select(p => $"{p.Key}={p.Value}"))}",
            new ExportJob
            {
                TransactionTicks = options.Time.GetUtcNow().UtcTicks,
                Request = request.GetEncodedUrl(),
                Files = Select(Read(parameters)),
                PollsBeforeEnd = jobs.PollsBeforeEnd,
            }
        );
        var answer = new FhirAnswer(StatusCodes.Status202Accepted);
        answer.Headers.Add(("Content-Location", $"{FhirPaths.Base(request)}/$export-status/{job.Id}"));
        return answer;
    }

    public FhirAnswer Status(HttpContext context, string id)
    {
        var plan = FaultPlan.Of(context);
        if (plan.Find(FaultKind.LostExport) is not null)
            jobs.Lose();
        if (jobs.Find(id) is not { } job)
            throw new FhirError(404, "not-found", $"There is no export {id}.");
        if (plan.Find(FaultKind.EndlessExport) is not null || !job.IsPolledToItsEnd())
        {
            var waiting = new FhirAnswer(StatusCodes.Status202Accepted);
            waiting.Headers.Add(("X-Progress", "in progress"));
            return waiting;
        }

        var files = plan.Find(FaultKind.ForeignExportFile) is { } foreign
            ? (foreign.Origin ?? "http://127.0.0.1:1").TrimEnd('/')
            : $"{context.Request.Scheme}://{context.Request.Host}";
        var answer = new FhirAnswer();
        answer.Body.Append(
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    transactionTime = new DateTimeOffset(job.TransactionTicks, TimeSpan.Zero).UtcDateTime.ToString(
                        "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
                        CultureInfo.InvariantCulture
                    ),
                    request = job.Request,
                    requiresAccessToken = options.Access is not null,
                    output = job.Files.Where(f => !f.IsDeleted).Select(f => Describe(f)),
                    deleted = job.Files.Where(f => f.IsDeleted).Select(f => Describe(f)),
                    error = Array.Empty<object>(),
                }
            )
        );
        return answer;

        object Describe(ExportFile file) =>
            new
            {
                type = file.IsDeleted ? "Bundle" : file.Rows.Type,
                url = $"{files}{FhirPaths.Root}/$export-file/{job.Id}/{file.Name}",
                count = file.Versions.Length,
            };
    }

    public FhirAnswer File(HttpContext context, string id, string name)
    {
        var plan = FaultPlan.Of(context);
        if (plan.Find(FaultKind.RedirectedExportFile) is { } redirect)
        {
            var moved = new FhirAnswer(StatusCodes.Status307TemporaryRedirect);
            moved.Headers.Add(("Location", $"{redirect.Origin?.TrimEnd('/')}/{name}"));
            return moved;
        }

        if (jobs.Find(id)?.Files.FirstOrDefault(f => f.Name == name) is not { } file)
            throw new FhirError(404, "not-found", $"There is no file {name} of export {id}.");
        var answer = new FhirAnswer();
        Append(file, answer.Body, plan);
        var etag = $"\"{Convert.ToHexStringLower(SHA256.HashData(answer.Body.Span))[..32]}\"";
        if (jobs.HasETags && context.Request.Headers.IfNoneMatch.ToString() == etag)
            return new FhirAnswer(StatusCodes.Status304NotModified);
        if (jobs.HasETags)
            answer.Headers.Add(("ETag", etag));
        jobs.Downloaded(name);
        return answer;
    }

    public FhirAnswer Delete(string id) =>
        jobs.Delete(id)
            ? new FhirAnswer(StatusCodes.Status202Accepted)
            : throw new FhirError(404, "not-found", $"There is no export {id}.");

    private static void Append(ExportFile file, Utf8Builder text, FaultPlan plan)
    {
        var versions = plan.Find(FaultKind.ShortExportFile) is null ? file.Versions : file.Versions[..(file.Versions.Length / 2)];
        foreach (ref readonly var version in versions.AsSpan())
        {
            if (plan.Find(FaultKind.WrongExportType) is not null)
            {
                text.Append("{\"resourceType\":\"Basic\",\"id\":\""u8);
                file.Rows.AppendId(version.Resource, text);
                text.Append("\",\"code\":{\"text\":\"not what was asked for\"}}"u8);
            }
            else if (file.IsDeleted)
            {
                text.Append(
                        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"DELETE\",\"url\":\""u8
                    )
                    .Append(file.Rows.Type)
                    .Append("/"u8);
                file.Rows.AppendId(version.Resource, text);
                text.Append("\"}}]}"u8);
            }
            else
            {
                file.Rows.AppendText(version, text);
            }

            text.Append("\n"u8);
        }

        if (plan.Find(FaultKind.TruncatedExportLine) is not null)
            text.Truncate(text.Length - 30);
    }

    private List<ExportFile> Select(Wish wish)
    {
        var files = new List<ExportFile>();
        var since = wish.SinceTicks;
        foreach (var rows in (wish.Types.Length == 0 ? store.Types : wish.Types).Select(store.Find).OfType<TypeStore>())
        {
            var filter = new VersionFilter { LastUpdated = wish.HasSince ? [new LastUpdatedCondition("ge", since, since)] : [] };
            foreach (var (i, chunk) in rows.Read(rows.Select(filter)).Chunk(jobs.ResourcesPerFile).Index())
                files.Add(new ExportFile($"{rows.Type}.{i + 1}.ndjson", rows, chunk, IsDeleted: false));
            if (!wish.HasSince)
                continue;
            var deleted = rows.Read(rows.History(null, since))
                .Where(v => v.IsDeleted && rows.Current(v.Resource) is { IsDeleted: true })
                .DistinctBy(v => v.Resource)
                .ToArray();
            if (deleted.Length > 0)
                files.Add(new ExportFile($"{rows.Type}.deleted.ndjson", rows, deleted, IsDeleted: true));
        }

        return files;
    }

    private static Wish Read(List<(string Name, string Value)> parameters)
    {
        var types = parameters.Where(p => p.Name == "_type").SelectMany(p => p.Value.Split(',')).ToArray();
        if (Array.Find(types, t => !ResourceTypes.IsKnown(t)) is { } unknown)
            throw FhirError.Invalid($"_type={unknown} is not a resource type of FHIR R4.");
        var since = parameters.Find(p => p.Name == "_since").Value;
        if (since is null)
            return new Wish(types, 0, HasSince: false);
        return LastUpdatedCondition.TryParse(since, out var condition)
            ? new Wish(types, condition.FromTicks, HasSince: true)
            : throw FhirError.Invalid($"_since={since} is not an instant.");
    }

    private static async Task<List<(string Key, string Value)>> ReadParametersAsync(HttpRequest request)
    {
        using var document = await JsonDocument.ParseAsync(request.Body, default, request.HttpContext.RequestAborted);
        var parameters = new List<(string, string)>();
        foreach (var parameter in document.RootElement.GetProperty("parameter").EnumerateArray())
        {
            var value = parameter.EnumerateObject().First(m => m.Name.StartsWith("value", StringComparison.Ordinal)).Value;
            parameters.Add((parameter.GetProperty("name").GetString()!, value.GetString()!));
        }

        return parameters;
    }

    private static FhirAnswer Bundle()
    {
        var answer = new FhirAnswer();
        answer.Body.Append("{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}"u8);
        return answer;
    }
}
