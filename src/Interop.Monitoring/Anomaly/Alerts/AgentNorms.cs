namespace Interop.Anomaly.Alerts;

/// <summary>Sums up what an agent usually does.</summary>
public static class AgentNorms
{
    public const int MaxAccesses = 20_000;
    private const int HoursOfWeek = 7 * 24;

    /// <summary>The time that is looked at.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromDays(28);

    public static AgentNorm Of(IReadOnlyList<AuditEventStore.AgentAccess> accesses)
    {
        var hours = new long[HoursOfWeek];
        foreach (var access in accesses)
        {
            var at = access.EventTime.UtcDateTime;
            hours[(((int)at.DayOfWeek + 6) % 7 * 24) + at.Hour]++;
        }

        return new AgentNorm(
            [.. hours],
            [
                .. accesses
                    .GroupBy(access => access.EventTime.UtcDateTime.Date)
                    .OrderBy(day => day.Key)
                    .Select(day => new AgentDay(
                        new DateTimeOffset(day.Key, TimeSpan.Zero),
                        day.LongCount(),
                        day.Select(access => access.Patient).OfType<string>().Distinct().LongCount()
                    )),
            ]
        );
    }
}
