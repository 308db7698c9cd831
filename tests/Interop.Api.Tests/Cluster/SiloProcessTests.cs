using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Interop.Api.Tests.Support;
using Interop.Sandbox;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class SiloProcessTests
{
    private const string WorkerCategory = "Interop.Ingestion.Running.RunWorker";

    [ClusterFact]
    public async Task A_silo_serves_health_and_metrics_and_its_log_names_the_request_of_the_front_end_and_the_run()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 30 });
        await using var cluster = await ClusterProcesses.CreateAsync(("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri));
        var (silos, front) = await cluster.StartAllAsync(1);
        using var http = front;
        using var silo = await silos[0].ClientAsync();
        http.DefaultRequestHeaders.Add("X-Request-ID", "request-of-the-test");

        var run = (await http.PostJsonAsync("/ingest/patients")).Number("run_id");

        foreach (var path in new[] { "/health", "/health/ready", "/metrics" })
            Assert.Equal(HttpStatusCode.OK, (await silo.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "/", "/runs", "/api/cluster", "/orleans", "/openapi.json" })
            Assert.Equal(HttpStatusCode.NotFound, (await silo.GetAsync(path)).StatusCode);
        var ended = ClusterProcesses
            .LinesOf(silos[0])
            .Single(line => line.Text("Category") == WorkerCategory && line.Number("EventId") == 2002);
        Assert.Equal((run, "default"), (ended.GetProperty("State").Number("RunId"), ended.GetProperty("State").Text("Source")));
        var scopes = ended.GetProperty("Scopes").EnumerateArray().ToList();
        Assert.Contains(scopes, scope => Has(scope, "RequestId", "request-of-the-test"));
        Assert.Contains(scopes, scope => Has(scope, "Grain", $"ingestionrun/{run:X}"));
    }

    [ClusterFact]
    public async Task Processes_that_start_work_and_stop_log_no_line_of_the_engine()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 30 });
        await using var cluster = await ClusterProcesses.CreateAsync(("FHIR_BASE_URL", sandbox.FhirBase.AbsoluteUri));
        var silo = cluster.StartSilo("silo");
        using var ready = await silo.ClientAsync();
        var front = cluster.StartFrontEnd();
        using var http = await front.ClientAsync();
        await http.PostJsonAsync("/ingest/patients");

        Assert.Equal(0, await front.TerminateAsync());
        Assert.Equal(0, await silo.TerminateAsync());

        var lines = ClusterProcesses.LinesOf(silo).Concat(ClusterProcesses.LinesOf(front)).ToList();
        Assert.Contains(lines, line => line.Text("Category") == WorkerCategory);
        Assert.Empty(
            lines
                .Where(line => !line.Text("Category")!.StartsWith("Interop.", StringComparison.Ordinal))
                // It warns when threads had to wait for a processor, as they do on a busy machine.
                .Where(line => line.Text("Category") != "Orleans.Runtime.Watchdog")
                .Select(line => $"{line.Text("LogLevel")} {line.Text("Category")}: {line.Text("Message")}")
        );
    }

    [ClusterFact]
    public async Task A_start_that_fails_ends_with_the_reason_and_leaves_no_active_silo()
    {
        await using var cluster = await ClusterProcesses.CreateAsync();
        var (_, http) = await cluster.StartAllAsync(1);
        using var __ = http;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var failed = cluster.StartSilo("failed", ("PORT", $"{port}"));

        Assert.Equal(2, await failed.ExitCodeAsync());
        var lines = failed.Errors.Trim().Split('\n');
        Assert.StartsWith($"interop: port {port} of 127.0.0.1 is in use", lines[^1], StringComparison.Ordinal);
        Assert.Equal(1, await ClusterProcesses.ActiveSilosAsync(http));
        Assert.Equal("active", (await http.GetJsonAsync("/api/cluster")).GetProperty("silos")[0].Text("status"));
    }

    private static bool Has(JsonElement scope, string name, string value) =>
        scope.TryGetProperty(name, out var given) && given.GetString() == value;
}
