namespace Interop.Sandbox.Hospital;

/// <summary>The size, the time span and the seed of a simulated hospital. The same options give the same bytes on every machine.</summary>
public sealed record HospitalOptions
{
    /// <summary>The seed of all random choices. The default value is 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>People who work here. ETL accounts come on top. The default value is 320; wards, beds and clinics grow with it.</summary>
    public int Agents { get; init; } = 320;

    /// <summary>Patients that the hospital knows. The default value is 20,000.</summary>
    public int Patients { get; init; } = 20_000;

    /// <summary>Simulated days. The default value is 60.</summary>
    public int Days { get; init; } = 60;

    /// <summary>Days at the beginning without any attack. The default value is 30.</summary>
    public int TrainingDays { get; init; } = 30;

    /// <summary>The first simulated midnight, UTC.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Multiplies the number of accesses per shift. The default value is 1.</summary>
    public double Activity { get; init; } = 1;

    /// <summary>The share of attack events among all events; 0 for none. The default value is 0.001.</summary>
    public double AttackShare { get; init; } = 0.001;

    /// <summary>The kinds of attack to inject; null for all of them.</summary>
    public IReadOnlyList<AttackKind>? Attacks { get; init; }

    internal void Validate()
    {
        Require(Agents is >= 60 and <= 500_000, nameof(Agents), "must lie between 60 and 500,000");
        Require(Patients is >= 500 and <= 50_000_000, nameof(Patients), "must lie between 500 and 50,000,000");
        Require(Days is >= 1 and <= 3660, nameof(Days), "must lie between 1 and 3,660");
        Require(TrainingDays >= 0, nameof(TrainingDays), "must not be negative");
        Require(Start.Offset == TimeSpan.Zero && Start.TimeOfDay == TimeSpan.Zero, nameof(Start), "must be a midnight in UTC");
        Require(Activity is > 0 and <= 100, nameof(Activity), "must be above 0 and at most 100");
        Require(AttackShare is >= 0 and <= 0.5, nameof(AttackShare), "is a share between 0 and 0.5");
    }

    private static void Require(bool condition, string name, string problem)
    {
        if (!condition)
            throw new ArgumentException($"Hospital option {name} {problem}.", name);
    }
}
