namespace Interop.Api.Scheduling;

/// <summary>Answers of the schedule endpoints, for /openapi.json.</summary>
internal static class ScheduleExamples
{
    public const string Schedule =
        """{"job":"observations","source":"default","resource_type":"Observation","cron":"0 10 * * * ?","time_zone":"UTC","enabled":true,"paused":false,"next":"2026-02-16T12:10:00Z","last":"2026-02-16T11:10:00.0214Z","last_run_id":42,"last_status":"SUCCESS","last_error":null}""";

    public const string Schedules = $"[{Schedule}]";
}
