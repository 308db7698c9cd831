namespace Interop.Sandbox.Fhir;

/// <summary>Lists exactly the interactions and parameters that the server supports.</summary>
internal static class CapabilityStatement
{
    private const string Common = """
        "interaction":[{"code":"read"},{"code":"vread"},{"code":"update"},{"code":"delete"},{"code":"history-instance"},{"code":"history-type"},{"code":"create"},{"code":"search-type"}],"versioning":"versioned","readHistory":true,"updateCreate":true,
        """;

    private const string Export = """
        {"name":"export","definition":"http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"}
        """;

    private const string Conditional = "\"conditionalCreate\":true,\"conditionalUpdate\":true,";
    private const string NotConditional = "\"conditionalCreate\":false,\"conditionalUpdate\":false,";
    private const string Transactions = "{\"code\":\"transaction\"},{\"code\":\"batch\"}";
    private const string NoTransactions = "{\"code\":\"history-system\"}";

    private const string SearchAnywhere = """
        {"name":"_id","type":"token"},{"name":"identifier","type":"token"},{"name":"_lastUpdated","type":"date","documentation":"Prefixes eq, ne, gt, lt, ge, le, sa, eb; repeatable. _sort=_lastUpdated and -_lastUpdated."}
        """;

    private const string SearchByPatient = """
        ,{"name":"patient","type":"reference"},{"name":"subject","type":"reference"}
        """;

    public static FhirAnswer Answer(HttpContext context, SandboxOptions options)
    {
        var answer = new FhirAnswer();
        var text = answer
            .Body.Append(
                "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\",\"date\":\"2026-02-16\",\"kind\":\"instance\",\"software\":{\"name\":\"Interop Sandbox\",\"version\":\"0.1.0\"},\"implementation\":{\"description\":\"Synthetic data for tests and demonstrations\",\"url\":\""u8
            )
            .Append(FhirPaths.Base(context.Request))
            .Append("\"},\"fhirVersion\":\"4.0.1\",\"format\":[\"json\"],\"rest\":[{\"mode\":\"server\",\"interaction\":["u8)
            .Append(options.Transactions ? Transactions : NoTransactions)
            .Append("],"u8);
        if (options.Access is { } access)
        {
            text.Append(
                    "\"security\":{\"service\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/restful-security-service\",\"code\":\""u8
                )
                .Append(access.AllowBearer ? "OAuth" : "Basic")
                .Append("\"}]}]},"u8);
        }
        text.Append("\"operation\":["u8).Append(Export).Append("],\"resource\":["u8);
        foreach (var type in ResourceTypes.All)
        {
            text.Append("{\"type\":\""u8)
                .Append(type)
                .Append("\","u8)
                .Append(Common)
                .Append(options.ConditionalWrites ? Conditional : NotConditional);
            if (type is "Patient" or "Group")
                text.Append("\"operation\":["u8).Append(Export).Append("],"u8);
            if (type != "Patient")
                text.Append("\"searchInclude\":[\""u8).Append(type).Append(":subject\",\""u8).Append(type).Append(":patient\"],"u8);
            text.Append("\"searchParam\":["u8).Append(SearchAnywhere).Append(type == "Patient" ? "" : SearchByPatient).Append("]},"u8);
        }
        text.Truncate(text.Length - 1).Append("]}]}"u8);
        return answer;
    }
}
