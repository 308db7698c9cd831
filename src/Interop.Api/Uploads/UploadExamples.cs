namespace Interop.Api.Uploads;

internal static class UploadExamples
{
    public const string Accepted = """{"file_id":"0f8fad5b-d9cb-469f-a165-70867728950e"}""";

    public const string State = """
        {"file_id":"0f8fad5b-d9cb-469f-a165-70867728950e","filename":"pacientes.csv","status":"COMPLETED","rows":120,"pending":0,"succeeded":117,"failed":3,"invalid":3,
         "started_at":"2026-03-01T10:00:00Z","finished_at":"2026-03-01T10:00:02Z","error":null,"unknown_terms":["Tabagista"]}
        """;

    public const string Events = "event: progress\ndata: {\"status\":\"RUNNING\",\"rows\":120,\"pending\":40}\n\n";

    public const string Rows =
        """[{"line":2,"status":"succeeded","error":null,"outcome":["Patient/17","Condition/18"],"attempts":1},{"line":3,"status":"invalid","error":"CPF is missing or not valid","outcome":null,"attempts":0}]""";

    public const string Preview = """
        {"rows":[
          {"line":2,"problem":null,"bundle":{"resourceType":"Bundle","type":"transaction","entry":[]},
           "fields":[{"column":"Nome","value":"Ana Lima","mapped":"family Lima, given Ana"},{"column":"CPF","value":"529.982.247-25","mapped":"52998224725"}]},
          {"line":3,"problem":"CPF is missing or not valid","bundle":null,
           "fields":[{"column":"Nome","value":"Rui Reis","mapped":null},{"column":"CPF","value":"1","mapped":null}]}]}
        """;

    public const string Failures = """
        Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação,line,state,reason
        Rui Reis,1,Masculino,07/03/1984,,Brasil,,3,invalid,CPF is missing or not valid

        """;
}
