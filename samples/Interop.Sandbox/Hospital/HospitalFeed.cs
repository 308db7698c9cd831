namespace Interop.Sandbox.Hospital;

/// <summary>A simulated hospital behind the sandbox's FHIR server, and the clock that its AuditEvents appear by.</summary>
public sealed record HospitalFeed
{
    public HospitalOptions Simulation { get; init; } = new();

    /// <summary>Simulated seconds per second; infinity shows all events from the start. The default value is 1: real time.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The part of the simulated time that is visible when the server starts. The default value is 30 days.</summary>
    public TimeSpan VisibleAtStart { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Moves the simulated time so that the last visible event at the start is about now. False keeps the dates of
    /// <see cref="HospitalOptions.Start"/>, which gives the same bytes on every day. The default value is false.
    /// </summary>
    public bool EndsNow { get; init; }

    internal void Validate()
    {
        if (!(Speed > 0))
            throw new ArgumentException("Hospital feed: Speed must be above 0.", nameof(Speed));
        if (VisibleAtStart < TimeSpan.Zero)
            throw new ArgumentException("Hospital feed: VisibleAtStart must not be negative.", nameof(VisibleAtStart));
        Simulation.Validate();
    }

    /// <summary>The options with the start that <see cref="EndsNow"/> asks for.</summary>
    internal HospitalOptions Resolve(DateTimeOffset now) =>
        EndsNow
            ? Simulation with
            {
                Start = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-Math.Floor(VisibleAtStart.TotalDays)),
            }
            : Simulation;

    /// <summary>The simulated present as ticks: nothing that was committed later is visible.</summary>
    internal Func<long> Clock(HospitalOptions resolved, TimeProvider time)
    {
        if (double.IsPositiveInfinity(Speed))
            return () => long.MaxValue;
        var startedAt = time.GetUtcNow();
        var from = EndsNow ? startedAt.UtcTicks : resolved.Start.UtcTicks + VisibleAtStart.Ticks;
        return () => from + (long)((time.GetUtcNow() - startedAt).Ticks * Speed);
    }
}
