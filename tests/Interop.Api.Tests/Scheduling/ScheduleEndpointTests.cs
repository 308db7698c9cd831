using System.Net;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.Silo.Settings;
using Interop.TestServers;

namespace Interop.Api.Tests.Scheduling;

public sealed class ScheduleEndpointTests : IAsyncLifetime
{
    private SandboxServer _sandbox = null!;
    private InteropServer _server = null!;

    private HttpClient Http => _server.Http;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 5 });
        _server = await InteropServer.StartAsync(
            ("FHIR_BASE_URL", _sandbox.FhirBase.AbsoluteUri),
            ("Schedules:PATIENTS:Enabled", "true"),
            ("Schedules:nightly:Cron", "0 15 3 * * ?"),
            ("Schedules:nightly:TimeZone", "Europe/Berlin"),
            ("Schedules:nightly:ResourceType", "Procedure")
        );
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task The_jobs_are_listed_with_their_next_firing()
    {
        var jobs = (await Http.GetJsonAsync("/schedules")).EnumerateArray().ToDictionary(job => job.Text("job")!);

        Assert.Equal(["patients", "observations", "encounters", "conditions", "backfill", "nightly"], jobs.Keys);
        Assert.Equal(("0 30 2 * * ?", "Observation"), (jobs["backfill"].Text("cron"), jobs["backfill"].Text("resource_type")));
        Assert.Equal(("Europe/Berlin", "Procedure"), (jobs["nightly"].Text("time_zone"), jobs["nightly"].Text("resource_type")));
        Assert.Equal(JsonValueKind.Null, jobs["observations"].GetProperty("next").ValueKind);
        await UntilAsync(job => job.Text("job") == "patients" && job.GetProperty("next").ValueKind == JsonValueKind.String);
        var next = (await JobAsync("patients")).GetProperty("next").GetDateTimeOffset();
        Assert.InRange(next - DateTimeOffset.UtcNow, TimeSpan.Zero, TimeSpan.FromHours(1));
        Assert.Equal((0, 0), (next.Minute, next.Second));
    }

    [Fact]
    public async Task A_job_is_started_by_a_call_and_its_run_is_found()
    {
        using var started = await Http.PostAsync("/schedules/patients/run", null);

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var run = await Http.GetJsonAsync(started.Headers.Location!.OriginalString);
        Assert.Equal("manual", run.GetProperty("details").GetProperty("run_meta").Text("trigger"));
        await UntilAsync(job => job.Text("job") == "patients" && job.Text("last_status") == "SUCCESS");
    }

    [Fact]
    public async Task A_paused_job_has_no_next_firing_until_it_is_resumed()
    {
        Assert.Equal(JsonValueKind.Null, (await Http.PostJsonAsync("/schedules/patients/pause")).GetProperty("next").ValueKind);
        Assert.True((await JobAsync("patients")).GetProperty("paused").GetBoolean());
        Assert.Equal(JsonValueKind.String, (await Http.PostJsonAsync("/schedules/patients/resume")).GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task An_unknown_job_is_404()
    {
        foreach (var action in new[] { "run", "pause", "resume" })
        {
            using var answer = await Http.PostAsync($"/schedules/weekly/{action}", null);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData(
        "Schedules:patients:Cron",
        "every hour",
        "Schedules:patients:Cron must be a Quartz cron expression such as 0 10 * * * ?, not 'every hour'"
    )]
    [InlineData(
        "Schedules:patients:TimeZone",
        "Mars",
        "Schedules:patients:TimeZone must be a time zone such as UTC or Europe/Berlin, not 'Mars'"
    )]
    [InlineData("Schedules:x:Enabled", "true", "Schedules:x:Cron is missing")]
    [InlineData(
        "Schedules:patients:Crn",
        "x",
        "Schedules:patients:Crn (from the test) is not a setting. Did you mean Schedules:patients:Cron?"
    )]
    public void A_bad_setting_of_a_job_is_refused(string name, string value, string message)
    {
        var refused = Assert.Throws<SettingsException>(() => InteropServer.Read((name, value)));
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
    }

    private async Task<JsonElement> JobAsync(string name) =>
        (await Http.GetJsonAsync("/schedules")).EnumerateArray().Single(job => job.Text("job") == name);

    private Task UntilAsync(Func<JsonElement, bool> condition) =>
        Eventually.Is(async () => (await Http.GetJsonAsync("/schedules")).EnumerateArray().Any(condition), "a job in the expected state");
}
