using System.Text.Json;
using Interop.Storage;

namespace Interop.Discovery;

/// <summary>A submission that may be sent, or the reason why not.</summary>
/// <param name="CorrelationId">Under which it is sent.</param>
/// <param name="Answer">If it must not be sent: the answer to the caller.</param>
internal sealed record BegunSearch(string CorrelationId, DiscoveryAnswer? Answer);

/// <summary>Remembers submissions for a day, so that a request that comes again is not sent again, and keeps the patients'
/// timelines.</summary>
internal sealed class SearchHistory(Database database, PatientKeys keys, TimeProvider time)
{
    private const int MaxTimelineEvents = 1_000;
    private const int KeysPerTransaction = 500;
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(24);
    private volatile bool _isChecked;

    /// <summary>
    /// Begins a submission before it is sent. A submission that was begun and has not ended keeps its correlation id, by which Mirth
    /// recognises the repetition.
    /// </summary>
    /// <exception cref="PatientKeyException">The secret of the patient keys is not the one of the database.</exception>
    public Task<BegunSearch> BeginAsync(DiscoveryRequest request, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) =>
            {
                var (now, key) = (time.GetUtcNow(), keys.Of(request.Demographics));
                await SearchStore.DeleteOlderAsync(session, now - Remembered, token);
                if (await SearchStore.FindAsync(session, request.Tenant, request.RequestId, token) is { } found)
                    return new BegunSearch(found.CorrelationId, AnswerTo(found, key));
                var correlationId = Guid.NewGuid().ToString();
                await SearchStore.AddAsync(session, request.Tenant, request.RequestId, correlationId, key, now, token);
                return new BegunSearch(correlationId, null);
            },
            cancellationToken
        );

    /// <summary>Stores the result of a submission, and adds it to the patient's timeline.</summary>
    public Task EndAsync(DiscoveryRequest request, DiscoveryAnswer answer, TimelineEvent happened, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) =>
            {
                if (answer.Outcome == DiscoveryOutcome.Submitted)
                {
                    var result = answer.Result is null ? null : JsonSerializer.Serialize(answer.Result);
                    await SearchStore.SetSubmittedAsync(session, request.Tenant, request.RequestId, result, token);
                }

                await TimelineStore.AddAsync(session, keys.Of(request.Demographics), happened, token);
                return true;
            },
            cancellationToken
        );

    /// <summary>The newest events of a patient, oldest first.</summary>
    /// <exception cref="PatientKeyException">The secret of the patient keys is not the one of the database.</exception>
    public async Task<IEnumerable<TimelineEvent>> ReadTimelineAsync(Demographics patient, CancellationToken cancellationToken)
    {
        if (!_isChecked)
            await WriteAsync((_, _) => Task.FromResult(true), cancellationToken);
        return await database.ReadAsync(
            (session, token) => TimelineStore.ReadAsync(session, keys.Of(patient), MaxTimelineEvents, token),
            cancellationToken
        );
    }

    /// <summary>Replaces the keys of timelines that an earlier version stored, which were hashes without a secret.</summary>
    public async Task RenewKeysAsync(CancellationToken cancellationToken)
    {
        var renewed = true;
        while (renewed)
        {
            renewed = await WriteAsync(
                async (session, token) =>
                {
                    var former = await TimelineStore.FindFormerKeysAsync(session, KeysPerTransaction, token);
                    foreach (var key in former)
                        await TimelineStore.ReplaceKeyAsync(session, key, keys.Renew(key)!, token);
                    return former.Count > 0;
                },
                cancellationToken
            );
        }
    }

    private static DiscoveryAnswer? AnswerTo(SearchStore.Search found, string patientKey)
    {
        if (found.PatientKey is { } other && other != patientKey)
            return new(
                DiscoveryOutcome.RequestIdReused,
                "request_id was used for another patient within the last 24 hours: choose a new one",
                null,
                null
            );
        if (!found.IsSubmitted)
            return null;
        var result = found.Answer is null ? null : JsonSerializer.Deserialize<XcpdResult>(found.Answer);
        return new(DiscoveryOutcome.Submitted, null, found.CorrelationId, result);
    }

    private async Task<T> WriteAsync<T>(Func<DbSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var result = await database.WriteAsync(
            async (session, token) =>
            {
                if (!_isChecked && await PatientKeyStore.ClaimAsync(session, keys.Check, token) != keys.Check)
                    throw new PatientKeyException();
                return await work(session, token);
            },
            cancellationToken
        );
        _isChecked = true;
        return result;
    }
}

/// <summary>The secret of the patient keys is not the one with which the database's keys were made.</summary>
internal sealed class PatientKeyException()
    : Exception(
        "the patient key of this process is not the one of the database: set Discovery:PatientKey to the same value on every silo, or restore the file "
            + "Discovery:PatientKeyFile. If the secret is lost, delete the row of patient_key_check; earlier timelines can then not be found any more"
    );
