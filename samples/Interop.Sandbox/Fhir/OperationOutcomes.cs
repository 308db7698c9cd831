namespace Interop.Sandbox.Fhir;

internal static class OperationOutcomes
{
    public static void Append(Utf8Builder text, string severity, string code, IEnumerable<string> diagnostics)
    {
        text.Append("{\"resourceType\":\"OperationOutcome\",\"issue\":["u8);
        var isFirst = true;
        foreach (var line in diagnostics)
        {
            text.Append(isFirst ? "{\"severity\":\""u8 : ",{\"severity\":\""u8)
                .Append(severity)
                .Append("\",\"code\":\""u8)
                .Append(code)
                .Append("\",\"diagnostics\":"u8)
                .AppendJson(line)
                .Append("}"u8);
            isFirst = false;
        }
        text.Append("]}"u8);
    }
}
