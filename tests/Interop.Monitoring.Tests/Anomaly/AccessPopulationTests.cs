using Interop.Anomaly;
using Interop.Anomaly.Profiles;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class AccessPopulationTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly CareContext Unexplained = new(CareLink.Unexplained, Presence: PatientPresence.Absent, WorkPlace: "EMER");

    [Fact]
    public void What_happens_every_day_at_a_place_is_usual_there_and_rare_elsewhere()
    {
        var population = new AccessPopulation();
        for (var hour = 0; hour < 400; hour++)
        {
            population.Observe(Access("Practitioner/e", Monday.AddHours(hour), $"Patient/{hour}"), Unexplained, "Nurse");
            population.Observe(
                Access("Practitioner/w", Monday.AddHours(hour), "Patient/w"),
                new CareContext(CareLink.Explained, WorkPlace: "IMP"),
                "Nurse"
            );
        }

        var at = Monday.AddHours(400);
        var usual = population.Observe(Access("Practitioner/e", at, "Patient/new"), Unexplained, "Nurse");
        var rare = population.Observe(Access("Practitioner/w", at, "Patient/new"), Unexplained with { WorkPlace = "IMP" }, "Nurse");

        Assert.InRange(usual.PresenceRarity, 0, 0.5);
        Assert.True(rare.PresenceRarity > usual.PresenceRarity + 0.5, $"{rare.PresenceRarity} against {usual.PresenceRarity}");
    }

    [Fact]
    public void What_is_usual_at_night_is_rare_at_the_same_place_by_day()
    {
        var population = new AccessPopulation();
        var inTheHouse = Unexplained with { Presence = PatientPresence.Present };
        for (var day = 0; day < 60; day++)
        {
            for (var physician = 0; physician < 4; physician++)
            {
                var agent = $"Practitioner/{physician}";
                population.Observe(Access(agent, Monday.AddDays(day).AddHours(14), $"Patient/{day}"), inTheHouse, "Physician");
                population.Observe(
                    Access(agent, Monday.AddDays(day), "Patient/w"),
                    new CareContext(CareLink.Explained, WorkPlace: "EMER"),
                    "Physician"
                );
            }
        }

        var night = population.Observe(Access("Practitioner/9", Monday.AddDays(60).AddHours(14), "Patient/new"), inTheHouse, "Physician");
        var day60 = population.Observe(Access("Practitioner/9", Monday.AddDays(60), "Patient/new"), inTheHouse, "Physician");

        Assert.InRange(night.PresenceRarity, 0, 0.5);
        Assert.InRange(day60.PresenceRarity, 2, 4);
    }

    [Fact]
    public void An_access_that_is_usual_at_its_place_adds_no_attention_but_sees_it()
    {
        var population = new AccessPopulation();
        for (var hour = 0; hour < 400; hour++)
        {
            var explained = new CareContext(CareLink.Explained, WorkPlace: "IMP");
            for (var agent = 0; agent < 20; agent++)
                population.Observe(Access($"Practitioner/w{agent}", Monday.AddHours(hour), "Patient/w"), explained, "Nurse");
            population.Observe(Access("Practitioner/e", Monday.AddHours(hour), $"Patient/{hour}"), Unexplained, "Nurse");
        }

        var at = Monday.AddHours(400);
        var alone = population.Observe(Access("Practitioner/e", at, "Patient/vip"), Unexplained, "Nurse");
        for (var agent = 0; agent < 6; agent++)
            population.Observe(Access($"Practitioner/{agent}", at, "Patient/vip"), Unexplained with { WorkPlace = "IMP" }, "Nurse");
        var amongMany = population.Observe(Access("Practitioner/e", at, "Patient/vip"), Unexplained, "Nurse");

        Assert.Equal(0, alone.PatientAttention);
        Assert.InRange(amongMany.PatientAttention, 5, 7);
    }

    [Fact]
    public void Without_clinical_data_colleagues_at_the_same_place_explain_an_access()
    {
        var population = new AccessPopulation();
        population.Observe(Access("Practitioner/a", Monday, "Patient/1", site: "Ward 1"), CareContext.None, "Nurse");

        var colleague = population.Observe(
            Access("Practitioner/b", Monday.AddHours(1), "Patient/1", site: "Ward 1"),
            CareContext.None,
            "Nurse"
        );
        var stranger = population.Observe(
            Access("Practitioner/c", Monday.AddHours(2), "Patient/1", site: "Ward 2"),
            CareContext.None,
            "Nurse"
        );
        var later = population.Observe(Access("Practitioner/b", Monday.AddDays(9), "Patient/1", site: "Ward 1"), CareContext.None, "Nurse");
        var system = population.Observe(Access("Device/etl", Monday.AddHours(3), "Patient/1", site: "Ward 1"), CareContext.None, null);

        Assert.Equal(
            (PatientCircle.SamePlace, PatientCircle.Elsewhere, PatientCircle.None, PatientCircle.Unknown),
            (colleague.Circle, stranger.Circle, later.Circle, system.Circle)
        );
    }

    [Fact]
    public void A_place_where_many_more_persons_work_than_usual_has_a_surge()
    {
        var population = new AccessPopulation();
        for (var day = 0; day < 10; day++)
        {
            for (var agent = 0; agent < 5; agent++)
                population.Observe(Access($"Practitioner/{agent}", Monday.AddDays(day), null), CareContext.None, "Nurse");
        }

        var surge = 1.0;
        for (var agent = 0; agent < 40; agent++)
            surge = population.Observe(Access($"Practitioner/{agent}", Monday.AddDays(10), null), CareContext.None, "Nurse").Surge;

        Assert.InRange(surge, 4, 14);
    }

    [Fact]
    public void A_population_is_restored_as_it_was()
    {
        var population = new AccessPopulation();
        for (var i = 0; i < 2_000; i++)
            population.Observe(Access($"Practitioner/{i % 20}", Monday.AddMinutes(i * 7), $"Patient/{i % 90}"), Unexplained, "Nurse");
        var restored = AccessPopulation.Load(population.Save());

        var next = Access("Practitioner/1", Monday.AddDays(11), "Patient/new");

        var (before, after) = (population.Observe(next, Unexplained, "Nurse"), restored.Observe(next, Unexplained, "Nurse"));
        // Counts of resource types and networks are stored in half precision.
        Assert.Equal(before.ResourceRarity, after.ResourceRarity, 0.001);
        Assert.Equal(before.NetworkRarity, after.NetworkRarity, 0.001);
        Assert.Equal(before, after with { ResourceRarity = before.ResourceRarity, NetworkRarity = before.NetworkRarity });
    }

    private static AccessEvent Access(string agent, DateTimeOffset at, string? patient, string site = "House") =>
        new(
            "e",
            "1",
            at,
            at,
            agent,
            null,
            null,
            patient,
            AccessKind.Read,
            "R",
            "0",
            "10.0.0.1",
            "Device/ehr",
            site,
            "Observation",
            "TREAT",
            false,
            1,
            1,
            AccessFlags.None
        );
}
