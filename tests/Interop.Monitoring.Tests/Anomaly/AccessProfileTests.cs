using Interop.Anomaly;
using Interop.Anomaly.Features;
using Interop.Anomaly.Profiles;
using Interop.Anomaly.Scoring;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class AccessProfileTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_profile_stays_within_its_bound_and_is_restored_as_it_was()
    {
        var profile = new AccessProfile();
        profile.Begin(1);
        for (var i = 0; i < 50_000; i++)
            Observe(profile, Access(Monday.AddMinutes(i), $"Patient/{i}", address: $"10.0.{i % 250}.{i % 7}"));
        var saved = profile.Save();
        var restored = AccessProfile.Load(saved);

        Assert.InRange(saved.Length, 1_000, AccessProfile.MostBytes);
        Assert.Equal((50_000, 1), (restored.Events, restored.Sequence));
        Assert.Equal(
            Observe(profile, Access(Monday.AddMinutes(50_001), "Patient/49999")),
            Observe(restored, Access(Monday.AddMinutes(50_001), "Patient/49999")),
            Compare
        );
    }

    [Fact]
    public void A_batch_that_is_counted_already_is_refused()
    {
        var profile = new AccessProfile();

        Assert.True(profile.Begin(3));
        Assert.False(profile.Begin(3));
        Assert.False(profile.Begin(2));
        Assert.True(profile.Begin(4));
    }

    [Fact]
    public void Many_patients_in_an_hour_exceed_the_agents_own_norm()
    {
        var profile = Grown();
        float[] features = [];
        for (var i = 0; i < 40; i++)
            features = Observe(profile, Access(Monday.AddDays(30).AddMinutes(i), $"Patient/new{i}", CareLink.Unexplained, mannerRarity: 3));

        var numbers = new AccessFeatures(features, 0);
        Assert.True(numbers[AccessFeature.PatientsInHour] > 3);
        Assert.Equal(40, numbers.Plain(AccessFeature.PatientsInHour));
        Assert.InRange(numbers.Norm(AccessFeature.PatientsInHour), 0, 10);
    }

    [Fact]
    public void An_access_that_care_explains_weighs_less_than_one_that_nothing_explains()
    {
        var explained = new AccessFeatures(Observe(Grown(), Access(Monday.AddDays(30), "Patient/x", CareLink.Explained)), 0);
        var unexplained = new AccessFeatures(Observe(Grown(), Access(Monday.AddDays(30), "Patient/x", CareLink.Unexplained)), 0);

        Assert.Equal(0, explained[AccessFeature.Unexplained]);
        Assert.Equal(0, explained[AccessFeature.PatientRarity]);
        Assert.True(unexplained[AccessFeature.Unexplained] > 1);
        Assert.True(unexplained[AccessFeature.UnexplainedFirst] > 1);
    }

    [Fact]
    public void A_login_after_a_burst_of_failures_is_marked_for_an_hour()
    {
        var profile = Grown();
        var at = Monday.AddDays(30);
        for (var i = 0; i < 6; i++)
            Observe(profile, Access(at.AddSeconds(i), null, kind: AccessKind.FailedLogin, outcome: "4"));
        Observe(profile, Access(at.AddSeconds(10), null, kind: AccessKind.Login));

        Assert.Equal(
            6,
            new AccessFeatures(Observe(profile, Access(at.AddMinutes(20), "Patient/1")), 0)[AccessFeature.SuccessAfterFailures]
        );
        Assert.Equal(
            0,
            new AccessFeatures(Observe(profile, Access(at.AddMinutes(90), "Patient/1")), 0)[AccessFeature.SuccessAfterFailures]
        );
    }

    [Fact]
    public void An_account_that_comes_back_after_weeks_is_dormant_for_a_day()
    {
        var profile = Grown();

        Assert.True(new AccessFeatures(Observe(profile, Access(Monday.AddDays(70), "Patient/1")), 0)[AccessFeature.Dormancy] > 1);
        Assert.True(
            new AccessFeatures(Observe(profile, Access(Monday.AddDays(70).AddHours(2), "Patient/1")), 0)[AccessFeature.Dormancy] > 1
        );
        Assert.Equal(0, new AccessFeatures(Observe(profile, Access(Monday.AddDays(72), "Patient/1")), 0)[AccessFeature.Dormancy]);
    }

    [Fact]
    public void Failed_logins_at_one_address_do_not_accuse_the_owner_at_another()
    {
        var profile = Grown();
        var at = Monday.AddDays(30);
        for (var i = 0; i < 6; i++)
            Observe(profile, Access(at.AddSeconds(i), null, kind: AccessKind.FailedLogin, outcome: "4", address: "45.1.2.3"));
        Observe(profile, Access(at.AddSeconds(10), null, kind: AccessKind.Login, address: "45.1.2.3"));

        var owner = new AccessFeatures(Observe(profile, Access(at.AddMinutes(2), "Patient/1")), 0);
        var thief = new AccessFeatures(Observe(profile, Access(at.AddMinutes(3), "Patient/1", address: "45.1.2.3")), 0);

        Assert.Equal((0, 0), (owner[AccessFeature.SuccessAfterFailures], owner[AccessFeature.FailureBurst]));
        Assert.Equal((6, 6), (thief[AccessFeature.SuccessAfterFailures], thief[AccessFeature.FailureBurst]));
    }

    [Fact]
    public void What_an_agent_did_before_weighs_on_an_odd_access_and_not_on_an_ordinary_one()
    {
        var profile = Grown();
        var at = Monday.AddDays(30);
        for (var i = 0; i < 3; i++)
            Observe(profile, Access(at.AddMinutes(i), $"Patient/odd{i}", CareLink.Unexplained, mannerRarity: 4));

        var ordinary = new AccessFeatures(Observe(profile, Access(at.AddMinutes(9), "Patient/x", CareLink.Unexplained)), 0);
        var odd = new AccessFeatures(Observe(profile, Access(at.AddMinutes(9), "Patient/y", CareLink.Unexplained, mannerRarity: 4)), 0);

        Assert.Equal((0, 0), (ordinary[AccessFeature.SuspicionInHours], ordinary[AccessFeature.UnexplainedHistory]));
        Assert.True(odd[AccessFeature.SuspicionInHours] > 3);
        Assert.True(odd[AccessFeature.UnexplainedHistory] >= 3);
    }

    [Fact]
    public void Features_are_restored_as_they_were_stored()
    {
        var numbers = Enumerable.Range(0, AccessFeatures.Size).Select(i => i < FeatureCatalog.Count ? i * 0.37f : i).ToArray();

        var restored = AccessFeatures.Load(new AccessFeatures(numbers, 17).Save())!;

        Assert.Equal(17, restored.AgentEvents);
        Assert.Equal(numbers[..FeatureCatalog.Count], restored.Values.ToArray());
        Assert.Equal(FeatureCatalog.Count * 2, restored.Norm(AccessFeature.PatientRarity), 1f);
        Assert.Null(AccessFeatures.Load([1, 2, 3]));
    }

    /// <summary>Twenty working days of five patients in the morning.</summary>
    private static AccessProfile Grown()
    {
        var profile = new AccessProfile();
        profile.Begin(1);
        for (var day = 0; day < 28; day++)
        {
            if (day % 7 > 4)
                continue;
            for (var i = 0; i < 20; i++)
                Observe(profile, Access(Monday.AddDays(day).AddMinutes(i * 10), $"Patient/{(day * 5) + (i % 5)}", CareLink.Explained));
        }

        return profile;
    }

    private static float[] Observe(AccessProfile profile, AccessInContext access)
    {
        var numbers = new float[AccessFeatures.Size];
        profile.Observe(access, AccessFeatures.RowAt(numbers, 0));
        return numbers;
    }

    private static AccessInContext Access(
        DateTimeOffset at,
        string? patient,
        CareLink link = CareLink.Unknown,
        AccessKind kind = AccessKind.Read,
        string outcome = "0",
        string address = "10.0.0.1",
        double mannerRarity = 0
    ) =>
        new(
            new AccessEvent(
                "e",
                "1",
                at,
                at,
                "Practitioner/a",
                null,
                null,
                patient,
                kind,
                "R",
                outcome,
                address,
                "Device/ehr",
                null,
                "Observation",
                "TREAT",
                false,
                1,
                1,
                AccessFlags.None
            ),
            new CareContext(link),
            new PopulationView("Nurse", 1 / 24.0, 0.3, 0.3, 1, 1, 1.5, 0.5, 1.5, 0.5, 0.02, MannerRarity: mannerRarity)
        );

    private static bool Compare(float[] a, float[] b) =>
        a.Zip(b).All(pair => Math.Abs(pair.First - pair.Second) <= 0.02f * Math.Max(1, Math.Abs(pair.First)));
}
