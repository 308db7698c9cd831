using System.Text;
using Interop.Api.Tests.Support;
using Interop.Sandbox;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

/// <summary>Two builds in one cluster, as docs/operations.md describes an upgrade.</summary>
[Collection(ClusterProcesses.Collection)]
public sealed class RollingUpgradeTests
{
    [ClusterFact]
    public async Task Silos_and_then_front_ends_are_upgraded_while_requests_are_answered()
    {
        using var source = new TemporaryFolder();
        var next = await NextBuild.CreateAsync(source);
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 40, BadShare = 0 });
        await using var cluster = await ClusterProcesses.CreateAsync(("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri));
        var (silos, http) = await cluster.StartAllAsync(1);
        using var _ = http;
        await http.PostJsonAsync("/ingest/patients"); // the grain of this checkpoint is active in the old silo
        Assert.False(await HasColumnAsync());
        await using var clients = new Clients(http);

        // The first silo of the new build joins, and its views are installed.
        cluster.Start(next, "silo2", [("ROLE", "silo")], "serve");
        await ClusterProcesses.WaitForSilosAsync(http, 2);
        await Eventually.Is(HasColumnAsync, "the new build's view of patients is installed");

        // A front end of the new build comes too early: its call of the new method still finds the silo that has it, and the old front end
        // goes on to use the same grain there.
        using (var early = await cluster.Start(next, "api2", [("ROLE", "api")], "serve").ClientAsync())
            Assert.Equal($"{NextBuild.Version} new", (await early.GetJsonAsync("/api/cluster")).Text("version"));
        Assert.Equal("SUCCESS", (await http.PostJsonAsync("/ingest/patients?full=true")).Text("status"));

        // The old silo restarts in between. It leaves the views of the new build as they are.
        Assert.Equal(0, await silos[0].TerminateAsync());
        var again = cluster.StartSilo("silo1");
        using (await again.ClientAsync())
            await ClusterProcesses.WaitForSilosAsync(http, 2);
        Assert.True(await HasColumnAsync());
        Assert.Equal("SUCCESS", (await http.PostJsonAsync("/ingest/patients?full=true")).Text("status"));

        // The last silo is replaced, then the front end.
        Assert.Equal(0, await again.TerminateAsync());
        cluster.Start(next, "silo1", [("ROLE", "silo")], "serve");
        await ClusterProcesses.WaitForSilosAsync(http, 2);
        Assert.True(await HasColumnAsync());
        await clients.StopAsync();
        Assert.Empty(clients.Failures);
        Assert.True(clients.Answers > 20, $"{clients.Answers} answers");

        Task<bool> HasColumnAsync() =>
            cluster.ValueAsync<bool>(
                $"SELECT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'patients' AND column_name = '{NextBuild.Column}')"
            );
    }

    /// <summary>Reads and telemetry through the old front end for the time of the upgrade.</summary>
    private sealed class Clients : IAsyncDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

        private readonly CancellationTokenSource _stop = new();
        private readonly List<string> _failures = [];
        private readonly Task _sending;

        public Clients(HttpClient http) => _sending = SendAsync(http);

        public int Answers { get; private set; }

        public IReadOnlyList<string> Failures => _failures;

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _sending.WaitAsync(Eventually.Limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }

        private async Task SendAsync(HttpClient http)
        {
            using var timer = new PeriodicTimer(Interval);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var id = Guid.NewGuid();
                using var body = new StringContent(
                    $$"""{"eventId":"{{id}}","eventType":"pd.request.sent","timestampUtc":"2026-03-01T10:00:00Z"}""",
                    Encoding.UTF8,
                    "application/json"
                );
                await NoteAsync("GET /runs", await http.GetAsync("/runs", CancellationToken.None));
                await NoteAsync("POST telemetry", await http.PostAsync("/api/telemetry/events", body, CancellationToken.None));
            }
        }

        private async Task NoteAsync(string what, HttpResponseMessage answer)
        {
            using (answer)
            {
                Answers++;
                if (!answer.IsSuccessStatusCode)
                    _failures.Add($"{what}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            }
        }
    }
}
