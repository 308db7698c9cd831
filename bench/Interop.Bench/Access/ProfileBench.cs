using System.CommandLine;
using System.Globalization;
using Interop.Anomaly.Care;
using Interop.Anomaly.Events;
using Interop.Anomaly.Pipeline;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary><c>profiles</c>: the memory of active profiles, each with the history of an agent of the simulated hospital.</summary>
internal static class ProfileBench
{
    private const long LimitBytes = 1L << 30;
    private const long StaffEvents = 500;

    public static Command Create()
    {
        var agents = new Option<int>("--agents") { Description = "Profiles in memory", DefaultValueFactory = _ => 50_000 };
        var days = new Option<int>("--days") { Description = "Days of history", DefaultValueFactory = _ => 60 };
        var command = new Command("profiles", "Bytes per access profile, in memory and stored") { agents, days };
        command.SetAction(parsed => Run(parsed.GetValue(agents), parsed.GetValue(days)));
        return command;
    }

    private static void Run(int count, int days)
    {
        var documents = Documents(days, out var events);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var profiles = new AccessProfile[count];
        for (var i = 0; i < count; i++)
            profiles[i] = AccessProfile.Load(documents[i % documents.Count]);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(profiles);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{count:N0} profiles of {days} days ({events / documents.Count:N0} events each): {bytes / 1e6:N0} MB, {bytes / count:N0} bytes each; stored {documents.Average(d => d.Length):N0}, at most {documents.Max(d => d.Length):N0} bytes"
            )
        );
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio to 1 GiB: {(double)bytes / LimitBytes:F2}"));
    }

    private static List<byte[]> Documents(int days, out long events)
    {
        var hospital = new HospitalSimulation(new HospitalOptions { Days = days, TrainingDays = days / 2 });
        var preparation = new AccessPreparation(new AccessPopulation(), new CareIndex());
        var profiles = new Dictionary<string, AccessProfile>(StringComparer.Ordinal);
        var watched = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new float[AccessFeatures.Size];
        foreach (var e in hospital.Events())
        {
            var access = preparation.Prepare(AuditEventReader.Read(e.Utf8, e.Instant), watched);
            if (!profiles.TryGetValue(access.Event.Agent, out var profile))
                profiles[access.Event.Agent] = profile = new AccessProfile();
            profile.Observe(access, AccessFeatures.RowAt(numbers, 0));
        }

        // Staff only: patients who look at their own record have small profiles.
        var staff = profiles.Values.Where(p => p.Events >= StaffEvents).ToList();
        events = staff.Sum(p => p.Events);
        return [.. staff.Select(p => p.Save())];
    }
}
