using System.Collections.Concurrent;
using Interop.Fhir.Client;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Fhir.Terminology;

/// <summary>
/// Decides the codes of bindings on a terminology server. Answers are kept for an hour, undecided ones for five minutes. A server that
/// fails leaves codes undecided, which is no issue of a resource: it is reported once, and asked again after 30 s. Safe for several
/// threads.
/// </summary>
/// <param name="client">The server.</param>
/// <param name="time">The clock of the cache.</param>
/// <param name="onUnavailable">Receives the reason when the server fails for the first time, and for the first time after it
/// worked.</param>
public sealed class RemoteTerminology(TerminologyClient client, TimeProvider time, Action<string> onUnavailable) : ITerminology
{
    private const int MostCached = 100_000;
    private const int LongestQuestion = 4_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan UndecidedLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string ValueSet, string? System, string Code), Known> _known = [];
    private readonly Lock _gate = new();
    private long? _failedAt;
    private bool _isReported;

    /// <inheritdoc/>
    /// <remarks>Blocks the calling thread for one request, at most as long as the time limit of the client.</remarks>
    public bool? Contains(string valueSet, string? system, string code)
    {
        ArgumentNullException.ThrowIfNull(valueSet);
        ArgumentNullException.ThrowIfNull(code);
        var key = (valueSet, system, code);
        if (_known.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < (known.IsIn is null ? UndecidedLifetime : Lifetime))
            return known.IsIn;
        if (valueSet.Length + (system?.Length ?? 0) + code.Length > LongestQuestion || IsPaused())
            return null;
        if (!TryAsk(valueSet, system, code, out var isIn))
            return null;
        if (_known.Count >= MostCached)
            _known.Clear();
        _known[key] = new Known(isIn, time.GetTimestamp());
        return isIn;
    }

    private bool TryAsk(string valueSet, string? system, string code, out bool? isIn)
    {
        isIn = null;
        try
        {
            // On a thread of the pool, so that no synchronization context of the caller can be blocked by the waiting.
            isIn = Task.Run(() => client.ValidateCodeAsync(valueSet, system, code, CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (FhirRequestException e) when (TerminologyClient.IsNotKnown(e))
        {
            // The server works, and does not have the value set or the code system.
        }
        catch (FhirRequestException e)
        {
            Report(e.LogMessage);
            return false;
        }

        lock (_gate)
            (_failedAt, _isReported) = (null, false);
        return true;
    }

    private bool IsPaused()
    {
        lock (_gate)
            return _failedAt is { } at && time.GetElapsedTime(at) < Pause;
    }

    private void Report(string reason)
    {
        lock (_gate)
        {
            _failedAt = time.GetTimestamp();
            if (_isReported)
                return;
            _isReported = true;
        }

        onUnavailable($"The terminology server is not available ({reason}): codes that it would decide are not checked.");
    }

    private sealed record Known(bool? IsIn, long At);
}
