namespace Interop.Anomaly;

/// <summary>What operators decide about alerts. It is kept apart from the evidence, which never changes. One grain: key 0.</summary>
[Alias("Interop.IAlertDeskGrain")]
public interface IAlertDeskGrain : IGrainWithIntegerKey
{
    /// <summary>False: there is no such alert.</summary>
    [Alias("GiveFeedback")]
    Task<bool> GiveFeedback(string alertId, AlertVerdict verdict, string? reason);

    /// <summary>Keeps alerts of this pattern back until the instant. They are stored and counted all the same.</summary>
    [Alias("Suppress")]
    Task<Suppression> Suppress(string? agent, string? action, string? reasonClass, DateTimeOffset until);

    /// <summary>Changes a case and adds a line to its history, with the user that did it. Null: there is no such case.</summary>
    [Alias("ChangeCase")]
    Task<AccessCase?> ChangeCase(long id, string? status, string? assignee, string? note, string? by);

    /// <summary>Adds a patient to the watchlist. False: the text is not <c>Patient/ID</c>.</summary>
    [Alias("Watch")]
    Task<bool> Watch(string patient, string? reason);

    /// <summary>False: the patient was not on the watchlist.</summary>
    [Alias("Unwatch")]
    Task<bool> Unwatch(string patient);
}

/// <summary>An operator's judgement.</summary>
public enum AlertVerdict
{
    /// <summary>A true anomaly: it stays out of training.</summary>
    Confirmed,

    /// <summary>A false alarm.</summary>
    Dismissed,
}
