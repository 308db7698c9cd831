namespace Interop.Api.Tm2;

internal static class Tm2Examples
{
    public const string Triggered = """
        {"success":true,"message":"All records were submitted","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","processing_id":"0f8fad5b-d9cb-469f-a165-70867728950e","filename":"records.csv",
         "status":"completed","summary":{"total_records":3,"processed_records":3,"validated_records":3,"stored_records":3,"submitted_records":3,"duplicate_records":0,"pending_records":0,
         "validation_errors":0,"storage_errors":0,"submission_errors":0,"errors":[]},"processing_time_seconds":0.4}
        """;

    public const string Accepted = """
        {"success":true,"message":"The records are being submitted","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","processing_id":"0f8fad5b-d9cb-469f-a165-70867728950e","filename":"records.csv",
         "status":"processing","summary":{"total_records":3,"processed_records":0,"validated_records":3,"stored_records":3,"submitted_records":0,"duplicate_records":0,"pending_records":3,
         "validation_errors":0,"storage_errors":0,"submission_errors":0,"errors":[]},"processing_time_seconds":0.1}
        """;

    public const string Refused = """
        {"success":false,"message":"Missing columns: tm2_code","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","processing_id":"0f8fad5b-d9cb-469f-a165-70867728950e","filename":"records.csv",
         "status":"failed","summary":{"total_records":0,"processed_records":0,"validated_records":0,"stored_records":0,"submitted_records":0,"duplicate_records":0,"pending_records":0,
         "validation_errors":0,"storage_errors":0,"submission_errors":0,"errors":["Missing columns: tm2_code"]},"processing_time_seconds":0}
        """;

    public const string WrongType =
        """{"success":false,"message":"Only .csv files are accepted","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","error":{"error_code":"INVALID_FILE_TYPE","error_type":"ValidationError","message":"Only .csv files are accepted","details":"records.xlsx"}}""";

    public const string TooLarge =
        """{"success":false,"message":"The file is too large","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","error":{"error_code":"FILE_TOO_LARGE","error_type":"ValidationError","message":"The file is too large","details":"the file has more than 50 MiB"}}""";

    public const string Records =
        """[{"line":2,"status":"submitted","error":null,"outcome":{"patient":"5946f880-b197-400b-9caa-a3c661d23041","encounter":"d9dfc19e-fd9c-407d-a480-080313d27927","obs":null},"attempts":1},{"line":3,"status":"invalid","error":"diagnosis_date lies in the future","outcome":null,"attempts":0}]""";

    public const string Status = """
        {"success":true,"message":"The service is running","timestamp":"2026-03-01T10:00:00Z","request_id":"4f1c","service_status":"running","version":"0.1.0","environment":"production","uptime_seconds":60,
         "processing_statistics":{"files":1,"total_records":3,"validation_errors":0,"duplicate_records":0},
         "database_statistics":{"connection_status":"connected","total":3,"submitted":3,"failed":0,"pending":0},
         "openmrs_statistics":{"base_url":"http://openmrs.example/openmrs","reachable":true,"requests_made":12,"successful_submissions":3,"failed_submissions":0,"patients_created":2}}
        """;

    public const string Failures = """
        patient_id,tm2_code,condition_name,system_type,severity,diagnosis_date,practitioner_id,line,state,reason
        P-7,SK62,Vata disorder,Ayurveda,Mild,13/13/2025,D-1,4,invalid,"diagnosis_date is not a date, or it is ambiguous; use yyyy-MM-dd"

        """;
}
