namespace Interop.Api.Views;

/// <summary>What answers about views look like, for /openapi.json.</summary>
internal static class ViewExamples
{
    private const string Patients = """
        {"name":"patients","resource_type":"Patient","status":"active","origin":"platform","rows_per_resource":"one",
         "columns":[{"name":"id","type":"id","sql_type":"text"},{"name":"family","type":"string","sql_type":"text"}],
         "changed_at":"2026-02-16T11:03:01.2071715Z","warnings":[],"failures":0,"failure_examples":[]}
        """;

    public const string Deleted = """{"outcome":"deleted","view":null}""";

    public const string Views = $"[{Patients}]";

    public const string Unchanged = $$"""{"outcome":"unchanged","view":{{Patients}}}""";

    public const string Building = """
        {"outcome":"building","run_id":44,"view":{"name":"patients","resource_type":"Patient","status":"building","origin":"api","rows_per_resource":"one",
         "columns":[{"name":"id","type":"id","sql_type":"text"},{"name":"city","type":"string","sql_type":"text"}],
         "changed_at":"2026-02-16T11:09:12.5023471Z","run_id":44,"warnings":[],"failures":0,"failure_examples":[]},
         "trial":{"resources":1000,"failing":0,"examples":[]}}
        """;

    public const string Definition = """
        {"resourceType":"ViewDefinition","name":"patients","resource":"Patient","select":[{"column":[
          {"name":"id","path":"getResourceKey()","type":"id"},{"name":"gender","path":"gender","type":"code"}]}]}
        """;

    public const string Preview = """
        {"resources":2,"rows":[{"id":"pat-1","gender":"female"},{"id":"pat-2","gender":null}],"failures":[],
         "warnings":["select[0].column[1].path: 'gendr': Patient has no element gendr"]}
        """;

    public const string Rows =
        """[{"source":"default","id":"pat-1","family":"Example","given":"Ada","gender":"female","birth_date":"1991-06-20"}]""";

    public const string RowLines = """
        {"source":"default","id":"pat-1","family":"Example","given":"Ada","gender":"female","birth_date":"1991-06-20"}

        """;

    public const string RowCsv = """
        source,id,family,given,gender,birth_date
        default,pat-1,Example,Ada,female,1991-06-20

        """;
}
