namespace Interop.Api.Anomaly;

/// <summary>Answers of the monitoring endpoints, for /openapi.json.</summary>
internal static class AlertExamples
{
    private const string Members =
        """{"id":"default-42","timestamp":"2026-03-02T23:14:05Z","ts":"2026-03-02T23:14:05Z","source_ip":"10.1.1.2","prediction":"anomaly","pred":"anomaly","anomaly_score":0.72,"score":0.72,"severity":"HIGH","sev":"HIGH","raw_fhir_id":"ae-4711","predicted_class":"snooping","class_probs":{"normal":0.28,"snooping":0.72},"meta":{"kind":"read","role":"Nurse","resource_type":"Patient","purpose":"TREAT","care":"unexplained","care_text":null,"flags":0,"stored_at":"2026-03-02T23:14:09Z"},"source":"default","agent":"Practitioner/prac-12","patient":"Patient/pat-9","action":"R","outcome":"0","reasons":[{"class":"snooping","text":"opened 41 patients in 60 minutes; own norm 6","feature":"patients_in_hour","contribution":2.4}],"rarity":"1 in 3,981","model_version":"m-20260301020000000","status":"open" """;

    public const string Alert = Members + "}";

    public const string Alerts = $$"""{"alerts":[{{Alert}}],"count":1,"timestamp":"2026-03-02T23:15:00Z"}""";

    public const string Detail =
        Members + ""","features":{"patients_in_hour":4.1},"event":{"resourceType":"AuditEvent","id":"ae-4711"} }""";

    public const string Accesses = $"[{Alert}]";

    public const string Stream = $"id: clinic-7,default-42\nevent: alert\ndata: {Alert}\n\n";

    public const string Case =
        """{"id":7,"source":"default","agent":"Practitioner/prac-12","reason_class":"snooping","status":"open","assignee":null,"opened_at":"2026-03-02T23:14:05Z","last_at":"2026-03-02T23:40:11Z","alerts":3,"history":[]}""";

    public const string Cases = $"[{Case}]";

    public const string Model =
        """{"id":"m-20260301020000000","kind":"forest","status":"promoted","trained_from":"2026-02-01T00:00:04Z","trained_to":"2026-03-01T01:59:58Z","events":48000,"parameters":{"seed":1,"trees":100},"metrics":{"extrapolated_below":0.01},"created_at":"2026-03-01T02:00:00Z","promoted_at":"2026-03-01T02:00:00Z","use":{"events":96000,"medium":840,"high":31,"since":"2026-03-01T00:00:00Z","last_day":"2026-03-02T00:00:00Z"},"drift":{"index":0.03,"warning_level":0.25,"warning":false,"events":96000,"days":[{"day":"2026-03-01T00:00:00Z","index":0.03,"events":49000},{"day":"2026-03-02T00:00:00Z","index":0.04,"events":47000}]},"shadow":null}""";

    private const string InShadow =
        """{"id":"m-20260302020000000","kind":"forest","status":"shadow","trained_from":"2026-02-02T00:00:02Z","trained_to":"2026-03-02T01:59:57Z","events":48000,"parameters":{"seed":1,"trees":100},"metrics":{"extrapolated_below":0.01},"created_at":"2026-03-02T02:00:00Z","promoted_at":null,"use":null,"drift":{"index":0.02,"warning_level":0.25,"warning":false,"events":45000,"days":[{"day":"2026-03-02T00:00:00Z","index":0.02,"events":45000}]},"shadow":{"beside":"m-20260301020000000","events":45000,"medium":401,"high":15,"beside_medium":392,"beside_high":14,"both_alert":371,"agreement":0.82,"since":"2026-03-02T00:00:00Z","last_day":"2026-03-02T00:00:00Z"}}""";

    public const string Models = $"[{InShadow},{Model}]";

    public const string Suppression =
        """{"id":3,"agent":"Practitioner/prac-12","action":null,"reason_class":"off_hours","until":"2026-04-01T00:00:00Z","created_at":"2026-03-02T09:00:00Z","suppressed":0}""";

    public const string Suppressions = $"[{Suppression}]";

    public const string Watched = """[{"patient":"Patient/pat-9","reason":"employee","added_at":"2026-03-01T08:00:00Z"}]""";
}
