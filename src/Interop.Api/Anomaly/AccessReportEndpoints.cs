using System.Globalization;
using System.Text;
using System.Text.Json;
using Interop.Access;
using Interop.Anomaly;
using Interop.Api.Access;
using Interop.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Interop.Api.Anomaly;

/// <summary>The accounting of disclosures: accesses to a patient's data, or of an agent. Streamed page by page.</summary>
public static class AccessReportEndpoints
{
    private const string Header =
        "time,source,agent,role,patient,kind,action,outcome,address,resource_type,purpose,care,care_text,severity,alert\r\n";

    public static void MapAccessReports(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(
                "/api/patients/{id}/accesses",
                (
                    string id,
                    HttpContext http,
                    IGrainFactory grains,
                    IOptions<JsonOptions> json,
                    DateTimeOffset? since = null,
                    DateTimeOffset? until = null,
                    string format = "json"
                ) => WriteAsync(http, grains, json.Value, new AccessFilter($"Patient/{id}", null, since, until, null), format)
            )
            .RequireRole(AccessRole.Viewer)
            .WithTags("Reports")
            .WithName("PatientAccesses")
            .Audited(AuditAction.Export, patientParameter: "id")
            .Produces<AlertResponse[]>()
            .WithExample(AlertExamples.Accesses)
            .WithSummary("Who looked at this patient's data, when, what, from where, and why")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        routes
            .MapGet(
                "/api/agents/{*id}",
                (
                    string id,
                    HttpContext http,
                    IGrainFactory grains,
                    IOptions<JsonOptions> json,
                    DateTimeOffset? since = null,
                    DateTimeOffset? until = null,
                    string format = "json"
                ) =>
                    id.EndsWith("/accesses", StringComparison.Ordinal)
                        ? WriteAsync(http, grains, json.Value, new AccessFilter(null, AgentOf(id), since, until, null), format)
                        : Problems.NotFound("GET /api/agents/{id}/accesses lists an agent's accesses").ExecuteAsync(http)
            )
            .RequireRole(AccessRole.Viewer)
            .WithTags("Reports")
            .WithName("AgentAccesses")
            .Audited(AuditAction.Export)
            .Produces<AlertResponse[]>()
            .WithExample(AlertExamples.Accesses)
            .WithSummary("What this agent looked at: /api/agents/{id}/accesses")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        routes
            .MapPost(
                "/api/reports/accesses",
                (AccessReportRequest request, HttpContext http, IGrainFactory grains, IOptions<JsonOptions> json) =>
                {
                    if (request.Problem is { } problem)
                        return Problems.BadRequest(problem).ExecuteAsync(http);
                    if (request.Patient is { } patient)
                        AuditedPatient.Set(http, patient);
                    return WriteAsync(http, grains, json.Value, request.Filter, request.Format ?? "json");
                }
            )
            .RequireRole(AccessRole.Viewer)
            .WithTags("Reports")
            .WithName("ReportAccesses")
            .Audited(AuditAction.Export)
            .Produces<AlertResponse[]>()
            .WithExample(AlertExamples.Accesses)
            .WithSummary("The same reports, with the patient or the agent in the body: no address holds them")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    /// <summary>The server does not decode an escaped slash in the path, which an absolute reference contains.</summary>
    private static string AgentOf(string path) => path[..^"/accesses".Length].Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static async Task WriteAsync(HttpContext http, IGrainFactory grains, JsonOptions json, AccessFilter filter, string format)
    {
        if (format is not ("json" or "csv"))
        {
            await Problems.BadRequest($"format must be json or csv, not '{format}'").ExecuteAsync(http);
            return;
        }

        var csv = format == "csv";
        http.Response.ContentType = csv ? "text/csv; charset=utf-8" : "application/json";
        await http.Response.WriteAsync(csv ? Header : "[", http.RequestAborted);
        var first = true;
        do
        {
            var page = await grains.GetQuery<IAlertQueryGrain>().ListAccesses(filter);
            var text = new StringBuilder();
            foreach (var access in page.Accesses)
            {
                if (csv)
                    AppendLine(text, access);
                else
                    text.Append(first ? "\n" : ",\n").Append(JsonSerializer.Serialize(AlertResponse.Of(access), json.SerializerOptions));
                first = false;
            }

            await http.Response.WriteAsync(text.ToString(), http.RequestAborted);
            filter = filter with { Cursor = page.Next };
        } while (filter.Cursor is not null);

        if (!csv)
            await http.Response.WriteAsync("\n]\n", http.RequestAborted);
    }

    private static void AppendLine(StringBuilder text, Alert a) =>
        text.AppendJoin(
                ',',
                new[]
                {
                    a.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                    a.Source,
                    a.Agent,
                    a.Role,
                    a.Patient,
                    a.Kind,
                    a.Action,
                    a.Outcome,
                    a.Address,
                    a.ResourceType,
                    a.Purpose,
                    a.Care,
                    a.CareText,
                    a.Severity,
                    a.Id,
                }.Select(Quoted)
            )
            .Append("\r\n");

    /// <summary>RFC 4180. A leading sign of a formula is made harmless, because the file is opened in a spreadsheet.</summary>
    private static string Quoted(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = $"'{text}";
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

/// <summary>A report of accesses. One of <paramref name="Patient"/> and <paramref name="Agent"/> is given.</summary>
/// <param name="Patient">Accesses to this patient's data, as <c>Patient/ID</c>.</param>
/// <param name="Agent">Accesses by this agent.</param>
/// <param name="Care">Only accesses with this clinical context: explained, unexplained or unknown.</param>
/// <param name="Format">json or csv; the default is json.</param>
public sealed record AccessReportRequest(
    string? Patient,
    string? Agent,
    DateTimeOffset? Since,
    DateTimeOffset? Until,
    string? Care,
    string? Format
)
{
    internal AccessFilter Filter => new(Patient, Patient is null ? Agent : null, Since, Until, null, Care: Care);

    internal string? Problem =>
        this switch
        {
            { Patient: null or "", Agent: null or "" } or { Patient: not null, Agent: not null } => "give either patient or agent",
            { Patient: { } patient } when !patient.StartsWith("Patient/", StringComparison.Ordinal) => "patient must be Patient/ID",
            { Care: not (null or "explained" or "unexplained" or "unknown") } => "care must be explained, unexplained or unknown",
            _ => null,
        };
}
