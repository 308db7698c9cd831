using Quartz;

namespace Interop.Scheduling;

/// <summary>The instants of a Quartz cron expression in a time zone.</summary>
internal sealed class CronTimes(string expression, string timeZone)
{
    private readonly CronExpression _cron = new(expression) { TimeZone = TimeZoneInfo.FindSystemTimeZoneById(timeZone) };

    /// <summary>Null, or what is wrong with an expression.</summary>
    public static string? Problem(string expression)
    {
        try
        {
            _ = new CronExpression(expression);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>The first instant after another; null: there is none, because the expression names years that are over.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset instant) => _cron.GetTimeAfter(instant)?.ToUniversalTime();
}
