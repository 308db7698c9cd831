namespace Interop.Api.Ingestion;

/// <summary>What answers look like, for /openapi.json.</summary>
internal static class IngestionExamples
{
    public const string Accepted = """{"run_id":42,"status":"RUNNING"}""";

    public const string Summary = """
        {"run_id":42,"resource":"Observation","source":"default","status":"SUCCESS","since":"2026-02-15T20:56:09.885Z","fetched":2200,"validated":2189,
         "invalid":11,"transform_errors":0,"upserted":2166,"unchanged":0,"refetched":0,"load_errors":23,"checkpoint_before":"2026-02-15T20:58:09.885Z",
         "checkpoint_after":"2026-02-16T11:02:41.2Z","dead_letters":34,"dead_letters_by_stage":{"load":23,"validate":11},
         "export_path":"data/exports/run_42_20260216T110301Z","duration_seconds":0.76,"skipped_missing_patients":23}
        """;

    public const string Replay = """
        {"run_id":43,"resource":"Observation","source":"default","status":"SUCCESS","since":null,"fetched":23,"validated":23,"invalid":0,
         "transform_errors":0,"upserted":20,"unchanged":0,"refetched":0,"load_errors":3,"checkpoint_before":null,"checkpoint_after":null,"dead_letters":3,
         "dead_letters_by_stage":{"load":3},"export_path":"data/exports/run_43_20260216T110502Z","duration_seconds":0.04,"skipped_missing_patients":3,
         "replay_of_run_id":42,"replay_stage":"load","replay_source_count":23,"replay_raw_count":23,"replay_missing_raw":0}
        """;

    public const string Runs = """
        [{"run_id":42,"resource_type":"Observation","source":"default","status":"SUCCESS","started_at":"2026-02-16T11:03:01.2071715Z",
          "finished_at":"2026-02-16T11:03:01.966862Z","duration_seconds":0.76}]
        """;

    public const string Metrics = """
        {"total":4,"by_status":{"FAILED":1,"SUCCESS":3},"by_resource_type":{"Observation":2,"Patient":2},"deadletters_by_stage":{"load":23,"validate":12}}
        """;

    public const string Run = """
        {"run_id":42,"resource_type":"Observation","source":"default","status":"SUCCESS","started_at":"2026-02-16T11:03:01.2071715Z",
         "finished_at":"2026-02-16T11:03:01.966862Z","duration_seconds":0.76,
         "details":{"run_meta":{"job":"observations","trigger":"schedule","attempt":1},"full":false,"missing_patients":"dead_letter","warnings":[],"epoch":1},
         "checkpoint_before":"2026-02-15T20:58:09.885Z","checkpoint_after":"2026-02-16T11:02:41.2Z",
         "counters":{"fetched":2200,"validated":2189,"invalid":11,"transform_errors":0,"upserted":2166,"unchanged":0,"refetched":0,"load_errors":23,"dead_letters":34},
         "progress":{"pages":22,"fetched":2200,"total":2200,"resources_per_second":3111.7},"deadletters":{"total":34,"by_stage":{"load":23,"validate":11}},
         "deadletter_sample":[{"id":35,"resource_type":"Observation","resource_id":"obs-127","stage":"load","error":"Missing patient_id in DB: pat-6",
           "issues":[],"created_at":"2026-02-16T11:03:01.9224893Z","resolved":false}],"replay_of_run_id":null}
        """;

    public const string Events = """
        event: progress
        data: {"run_id":42,"status":"RUNNING","pages":3,"fetched":300,"total":2200,"resources_per_second":3000.5,"counters":{"fetched":300}}

        event: end
        data: {"run_id":42,"status":"SUCCESS","pages":22,"fetched":2200,"total":2200,"resources_per_second":3111.7,"counters":{"fetched":2200}}


        """;

    public const string DeadLetters = """
        [{"id":34,"resource_type":"Observation","resource_id":"obs-1006","stage":"validate",
          "error":"Observation.status: status must be a JSON string (code), not a number.",
          "issues":[{"severity":"error","code":"structure","location":"Observation.status","text":"status must be a JSON string (code), not a number."}],
          "created_at":"2026-02-16T11:03:01.910938Z","resolved":false}]
        """;

    public const string Export = """
        {"resource_type":"Patient","run_id":null,"count":1000,"include_raw":true,"include_normalized":true,"offset":0,"limit":null,
         "path":"data/exports/all_20260216T110520Z/Patient.db.ndjson"}
        """;

    public const string ExportLines = """
        {"source":"default","id":"pat-1","family":"Example","given":"Ada","gender":"female","birth_date":"1991-06-20","run_id":41}

        """;

    public const string Checkpoints = """
        [{"source":"default","resource_type":"Observation","last_successful_lastupdated":"2026-02-16T11:02:41.2Z","updated_at":"2026-02-16T11:03:01.966862Z"}]
        """;
}
