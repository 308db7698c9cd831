using System.CommandLine;
using System.Runtime.InteropServices;
using Interop.Sandbox.Hospital;

namespace Interop.Sandbox;

/// <summary>The command line.</summary>
internal static class SandboxCommand
{
    public static RootCommand Create()
    {
        var defaults = new SandboxOptions();
        var host = new Option<string>("--host") { Description = "Address to listen on", DefaultValueFactory = _ => defaults.Host };
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes a free one", DefaultValueFactory = _ => 8090 };
        var patients = new Option<int>("--patients")
        {
            Description = "Synthetic patients; each brings 22 observations, 5 encounters and 2 conditions",
            DefaultValueFactory = _ => defaults.Patients,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "The same seed gives the same bytes",
            DefaultValueFactory = _ => defaults.Seed,
        };
        var bad = new Option<double>("--bad-share")
        {
            Description = "Share of resources that violate R4",
            DefaultValueFactory = _ => defaults.BadShare,
        };
        var data = new Option<string?>("--data")
        {
            Description = "Directory of {Type}.ndjson[.gz] files to serve instead of synthetic data",
        };
        var paging = new Option<PagingMode>("--paging")
        {
            Description = "Snapshot (as HAPI does) or Live",
            DefaultValueFactory = _ => defaults.Paging,
        };

        var noTransactions = new Option<bool>("--no-transactions") { Description = "Refuse transactions and batches" };
        var noConditionalWrites = new Option<bool>("--no-conditional-writes") { Description = "Refuse conditional creates and updates" };
        var hospital = new Option<bool>("--hospital")
        {
            Description = "Serve a simulated hospital (clinical resources and AuditEvents that end now) instead of synthetic data",
        };
        var agents = new Option<int>("--hospital-agents")
        {
            Description = "People who work at the hospital",
            DefaultValueFactory = _ => new HospitalOptions().Agents,
        };
        var speed = new Option<double>("--hospital-speed")
        {
            Description = "Simulated seconds per second; Infinity shows all events at once",
            DefaultValueFactory = _ => 1,
        };

        var command = new RootCommand("Interop Sandbox: a FHIR R4 server with synthetic data and faults on demand.")
        {
            host,
            port,
            patients,
            seed,
            bad,
            data,
            paging,
            noTransactions,
            noConditionalWrites,
            hospital,
            agents,
            speed,
        };
        command.SetAction(
            (result, cancellationToken) =>
                RunAsync(
                    new SandboxOptions
                    {
                        Host = result.GetValue(host)!,
                        Port = result.GetValue(port),
                        Patients = result.GetValue(patients),
                        Seed = result.GetValue(seed),
                        BadShare = result.GetValue(bad),
                        DataDirectory = result.GetValue(data),
                        Paging = result.GetValue(paging),
                        Transactions = !result.GetValue(noTransactions),
                        ConditionalWrites = !result.GetValue(noConditionalWrites),
                        Hospital = result.GetValue(hospital)
                            ? new HospitalFeed
                            {
                                EndsNow = true,
                                Speed = result.GetValue(speed),
                                Simulation = new HospitalOptions { Seed = result.GetValue(seed), Agents = result.GetValue(agents) },
                            }
                            : null,
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(SandboxOptions options, CancellationToken cancellationToken)
    {
        try
        {
            // Stopping by a signal is a normal end: exit code 0, connections closed.
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            void Stop(PosixSignalContext signal)
            {
                signal.Cancel = true;
                stopping.Cancel();
            }
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            await using var server = await SandboxServer.StartAsync(options, stopping.Token);
            Console.WriteLine(
                $"{server.Store.TotalCount:N0} resources at {server.FhirBase} (faults: PUT {server.BaseAddress}sandbox/faults, counts: GET {server.BaseAddress}sandbox/stats)"
            );
            await server.WaitForShutdownAsync(stopping.Token);
            return 0;
        }
        catch (Exception error) when (error is ArgumentException or IOException or InvalidDataException or FormatException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
