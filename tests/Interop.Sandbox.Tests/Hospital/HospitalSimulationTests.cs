using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;
using Interop.Sandbox.Hospital;

namespace Interop.Sandbox.Tests.Hospital;

public sealed class HospitalSimulationTests
{
    private static readonly HospitalOptions Small = new()
    {
        Agents = 120,
        Patients = 3000,
        Days = 45,
    };
    private static readonly Lazy<HospitalSimulation> Simulation = new(() => new HospitalSimulation(Small));
    private static readonly Lazy<HospitalEvent[]> Events = new(() => [.. Simulation.Value.Events(render: false)]);

    [Fact]
    public void The_same_options_give_the_same_bytes_and_another_seed_gives_others()
    {
        var options = new HospitalOptions
        {
            Agents = 60,
            Patients = 500,
            Days = 8,
            TrainingDays = 4,
            AttackShare = 0.01,
        };

        Assert.Equal(Digest(options), Digest(options));
        Assert.NotEqual(Digest(options), Digest(options with { Seed = 2 }));
    }

    [Fact]
    public void Events_come_in_the_order_of_their_instants_and_carry_their_number()
    {
        var last = DateTimeOffset.MinValue;
        foreach (var (number, item) in Simulation.Value.Events().Take(20_000).Index())
        {
            Assert.True(item.Instant >= last);
            last = item.Instant;
            using var json = JsonDocument.Parse(item.Utf8);
            Assert.Equal($"ae-{number}", json.RootElement.GetProperty("id").GetString());
            var committed = json.RootElement.GetProperty("meta").GetProperty("lastUpdated").GetDateTimeOffset();
            Assert.Equal(item.Instant, committed);
            Assert.InRange(
                committed - json.RootElement.GetProperty("recorded").GetDateTimeOffset(),
                TimeSpan.FromMilliseconds(50),
                TimeSpan.FromSeconds(60)
            );
        }
    }

    [Fact]
    public void Every_kind_of_attack_and_confounder_occurs_and_no_attack_lies_in_the_training_days()
    {
        var attacks = Events.Value.Where(item => item.Attack != AttackKind.None).ToArray();

        Assert.Equal(
            Enum.GetValues<AttackKind>().Where(kind => kind != AttackKind.None),
            attacks.Select(item => item.Attack).Distinct().Order()
        );
        Assert.Equal(Enum.GetValues<Confounder>(), Events.Value.Select(item => item.Confounder).Distinct().Order());
        Assert.All(attacks, item => Assert.True(item.Instant >= Simulation.Value.TrainingEnd && item.Incident >= 0));
        Assert.InRange(attacks.Length / (double)Events.Value.Length, 0.0008, 0.003);
        Assert.Equal(attacks.Length, Simulation.Value.Incidents.Sum(incident => incident.Events));
    }

    [Fact]
    public void Attacks_can_be_limited_to_some_kinds_or_left_out()
    {
        var options = new HospitalOptions
        {
            Agents = 60,
            Patients = 500,
            Days = 10,
            TrainingDays = 4,
            AttackShare = 0.01,
        };

        var some = new HospitalSimulation(options with { Attacks = [AttackKind.BulkExport] })
            .Events(render: false)
            .Select(item => item.Attack)
            .Distinct();
        Assert.Equal([AttackKind.None, AttackKind.BulkExport], some.Order());
        Assert.All(
            new HospitalSimulation(options with { AttackShare = 0 }).Events(render: false),
            item => Assert.Equal(AttackKind.None, item.Attack)
        );
    }

    [Fact]
    public void Every_event_and_every_clinical_resource_is_valid_r4()
    {
        var validator = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default }
        );
        var simulation = Simulation.Value;
        foreach (var item in simulation.Events())
        {
            if (item.Number % 40 == 0 || item.Attack != AttackKind.None)
                AssertValid(validator, item.Utf8.Span);
        }
        foreach (var group in simulation.ClinicalResources().GroupBy(resource => resource.Type))
        {
            foreach (var (number, resource) in group.Index())
            {
                if (number % 25 == 0)
                    AssertValid(validator, resource.Utf8.Span);
            }
        }
        foreach (var kind in Enum.GetValues<AttackKind>().Where(kind => kind != AttackKind.None))
            Assert.All(simulation.Attack(kind, DateTimeOffset.UtcNow), json => AssertValid(validator, json));
    }

    [Fact]
    public void Most_benign_accesses_of_people_concern_patients_under_care()
    {
        var treatedPatients = Simulation
            .Value.ClinicalResources()
            .Where(resource => resource.Type == "Encounter")
            .Select(resource => JsonDocument.Parse(resource.Utf8).RootElement.GetProperty("subject").GetProperty("reference").GetString())
            .ToHashSet();
        bool IsTreated(HospitalEvent item) => treatedPatients.Contains($"Patient/pat-{item.Patient + 1}");
        var benign = Events
            .Value.Where(item => item is { Agent: >= 0, Patient: >= 0, Attack: AttackKind.None, Confounder: Confounder.None })
            .ToArray();

        Assert.InRange(benign.Count(IsTreated) / (double)benign.Length, 0.9, 1);
    }

    [Fact]
    public void Resources_refer_only_to_resources_that_exist()
    {
        var resources = Simulation.Value.ClinicalResources().ToArray();
        var known = resources.Select(resource => $"{resource.Type}/{resource.Id}").ToHashSet();
        Assert.Equal(resources.Length, known.Count);
        foreach (var resource in resources.Where((_, number) => number % 7 == 0))
            Assert.All(References(JsonDocument.Parse(resource.Utf8).RootElement), reference => Assert.Contains(reference, known));
    }

    [Fact]
    public void An_attack_for_posting_ends_at_the_given_instant_and_has_no_id()
    {
        var until = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

        var events = Simulation
            .Value.Attack(AttackKind.StolenCredential, until)
            .Select(json => JsonDocument.Parse(json).RootElement)
            .ToArray();

        Assert.InRange(events.Length, 15, 40);
        Assert.All(events, json => Assert.False(json.TryGetProperty("id", out _) || json.TryGetProperty("meta", out _)));
        Assert.InRange(events.Max(json => json.GetProperty("recorded").GetDateTimeOffset()), until.AddMinutes(-1), until);
        Assert.InRange(events.Count(json => json.GetProperty("outcome").GetString() != "0"), 4, 9);
        Assert.Equal(10, Simulation.Value.Normal(10, until).Count);
    }

    private static string Digest(HospitalOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var simulation = new HospitalSimulation(options);
        foreach (var resource in simulation.ClinicalResources())
            hash.AppendData(resource.Utf8.Span);
        foreach (var item in simulation.Events())
        {
            hash.AppendData(item.Utf8.Span);
            hash.AppendData(Encoding.UTF8.GetBytes($"{item.Attack}{item.Incident}"));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void AssertValid(ResourceValidator validator, ReadOnlySpan<byte> utf8)
    {
        var result = validator.Validate(utf8);
        Assert.True(!result.HasErrors, $"{string.Join('\n', result.Issues)}\n{Encoding.UTF8.GetString(utf8)}");
    }

    private static IEnumerable<string> References(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject()
                .SelectMany(property =>
                    property.NameEquals("reference") && property.Value.ValueKind == JsonValueKind.String
                        ? [property.Value.GetString()!]
                        : References(property.Value)
                ),
            JsonValueKind.Array => json.EnumerateArray().SelectMany(References),
            _ => [],
        };
}
