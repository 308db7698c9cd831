using System.CommandLine;
using Interop.Bench.Access;
using Interop.Bench.Cluster;
using Interop.Bench.Dashboard;
using Interop.Bench.Fhir;
using Interop.Bench.Ingestion;
using Interop.Bench.Telemetry;
using Interop.Bench.Uploads;

var root = new RootCommand("Measurements of Interop: ratios against a floor that is taken in the same run.");
root.Subcommands.Add(IngestBench.Create());
root.Subcommands.Add(ScaleBench.Create());
root.Subcommands.Add(ClusterBench.Create());
root.Subcommands.Add(FhirBench.Create());
root.Subcommands.Add(AccessBench.Create());
root.Subcommands.Add(ModelBench.Create());
root.Subcommands.Add(PollBench.Create());
root.Subcommands.Add(ProfileBench.Create());
root.Subcommands.Add(DashboardBench.Create());
foreach (var command in TelemetryBench.Create().Concat(UploadBench.Create()))
    root.Subcommands.Add(command);
return await root.Parse(args).InvokeAsync();
