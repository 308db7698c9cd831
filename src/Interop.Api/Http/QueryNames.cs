using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Interop.Api.Http;

/// <summary>Describes query parameters as callers write them: names in lower case at the start, and a description for each common
/// one.</summary>
internal sealed class QueryNames : IOpenApiOperationTransformer
{
    private static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal)
    {
        ["source"] = "The name of a source of the settings",
        ["tenant"] = "The name of a tenant of the settings",
        ["since"] = "Only from this date or instant on",
        ["until"] = "Only before this date or instant",
        ["limit"] = "At most so many items",
        ["offset"] = "Leave out so many items at the start",
        ["status"] = "Only with this status",
        ["stage"] = "The stage that failed: validate, transform or load",
        ["job"] = "The job that the run belongs to",
        ["trigger"] = "What started the run, such as manual or schedule",
        ["attempt"] = "The caller's attempt, from 1 on",
        ["max_attempts"] = "How often the caller tries at most",
        ["run_group"] = "Runs that belong together",
        ["airflow_dag_id"] = "The DAG of an Airflow task that starts the run",
        ["airflow_task_id"] = "The Airflow task that starts the run",
        ["airflow_run_id"] = "The Airflow run that starts the run",
        ["resource_type"] = "An R4 resource type, such as Patient",
        ["resourceType"] = "An R4 resource type, such as Patient",
        ["type"] = "An R4 resource type, such as Patient",
        ["id"] = "The id in the list",
        ["name"] = "The name in the list",
        ["run_id"] = "Only what this run stored",
        ["include_details"] = "Add the details of each run",
        ["include_raw"] = "Add the raw JSON",
        ["include_normalized"] = "Add the normalized rows",
        ["organization"] = "Only of this organization",
        ["qhin"] = "Only of this QHIN",
        ["eventType"] = "Only events of this type",
        ["correlationId"] = "Only events with this correlation id",
        ["firstName"] = "The patient's first name",
        ["lastName"] = "The patient's last name",
        ["dob"] = "The patient's date of birth, yyyy-MM-dd",
        ["profile"] = "The mapping profile; without it, the default one",
        ["after"] = "Only lines after this one",
        ["wait"] = "Whether to answer after the submission instead of at once",
        ["fileId"] = "The id of the file",
        ["processingId"] = "The id of the file",
        ["severity"] = "LOW, MEDIUM or HIGH",
        ["agent"] = "Only by this agent, such as Practitioner/12",
        ["assignee"] = "Only of this assignee",
        ["patient"] = "The patient, as Patient/ID",
        ["format"] = "The format of the answer or message",
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            if (parameter.Name is not { Length: > 0 } name)
                continue;
            if (parameter.In == ParameterLocation.Query)
                parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(name);
            if (string.IsNullOrEmpty(parameter.Description))
                parameter.Description = Descriptions.GetValueOrDefault(parameter.Name);
        }

        return Task.CompletedTask;
    }
}
