using Interop.Sandbox.Hospital;

namespace Interop.Sandbox.Tests.Hospital;

public sealed class HospitalFeedTests
{
    private static readonly HospitalOptions Small = new()
    {
        Agents = 60,
        Patients = 500,
        Days = 4,
        TrainingDays = 2,
        AttackShare = 0,
    };

    [Fact]
    public async Task Audit_events_appear_when_their_instant_has_passed()
    {
        var time = new SettableTime();
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Time = time,
                Hospital = new HospitalFeed
                {
                    Simulation = Small,
                    VisibleAtStart = TimeSpan.FromDays(1),
                    Speed = 10,
                },
            }
        );
        using var client = new SandboxClient(server);
        var events = new HospitalSimulation(Small).Events(render: false).Select(item => item.Instant).ToArray();

        foreach (var minutes in (int[])[0, 30, 60])
        {
            time.Advance(TimeSpan.FromMinutes(minutes));
            var visible = Small.Start.AddDays(1) + 10 * time.Passed;
            var bundle = await client.GetJsonAsync("AuditEvent?_summary=count");
            Assert.Equal(events.Count(instant => instant <= visible), bundle.GetProperty("total").GetInt32());
        }
    }

    [Fact]
    public async Task Audit_events_are_found_by_last_updated_in_order_and_clinical_resources_by_patient()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Hospital = new HospitalFeed { Simulation = Small, Speed = double.PositiveInfinity },
            }
        );
        using var client = new SandboxClient(server);
        var from = Small.Start.AddDays(2);
        var expected = new HospitalSimulation(Small)
            .Events(render: false)
            .Where(item => item.Instant >= from)
            .Select(item => $"ae-{item.Number}")
            .ToArray();

        var found = await client.MatchesAsync($"AuditEvent?_lastUpdated=ge{from:yyyy-MM-dd'T'HH:mm:ss'Z'}&_sort=_lastUpdated&_count=1000");

        Assert.Equal(expected, found.Select(json => json.GetProperty("id").GetString()));
        var encounter = (await client.MatchesAsync("Encounter?_count=1"))[0];
        var patient = encounter.GetProperty("subject").GetProperty("reference").GetString();
        Assert.NotEmpty(await client.MatchesAsync($"Encounter?patient={patient}"));
        Assert.Equal(patient, $"Patient/{(await client.GetJsonAsync(patient!)).GetProperty("id").GetString()}");
    }

    [Fact]
    public async Task A_posted_audit_event_is_found_beside_the_simulated_ones()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Hospital = new HospitalFeed
                {
                    Simulation = Small,
                    EndsNow = true,
                    VisibleAtStart = TimeSpan.FromDays(2),
                },
            }
        );
        using var client = new SandboxClient(server);
        var attack = server.Store.Hospital!.Attack(AttackKind.LoneSnoop, DateTimeOffset.UtcNow)[0];

        using var response = await client.SendAsync(HttpMethod.Post, "AuditEvent", System.Text.Encoding.UTF8.GetString(attack));

        Assert.Equal(201, (int)response.StatusCode);
        var newest = (await client.GetJsonAsync("AuditEvent?_sort=-_lastUpdated&_count=1")).GetProperty("entry")[0].GetProperty("resource");
        Assert.StartsWith("new-", newest.GetProperty("id").GetString());
    }

    private sealed class SettableTime : TimeProvider
    {
        private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        private DateTimeOffset _now = Start;

        public TimeSpan Passed => _now - Start;

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
