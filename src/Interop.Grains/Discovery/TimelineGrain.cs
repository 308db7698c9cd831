using System.Collections.Immutable;
using Interop.Health;

namespace Interop.Discovery;

/// <inheritdoc cref="ITimelineGrain"/>
[StatelessWorker]
internal sealed class TimelineGrain(SearchHistory history) : Grain, ITimelineGrain
{
    public async Task<ImmutableArray<TimelineEvent>> Read(Demographics patient)
    {
        try
        {
            return [.. await history.ReadTimelineAsync(patient, CancellationToken.None)];
        }
        catch (PatientKeyException e)
        {
            throw new NotReadyException(e.Message);
        }
    }
}
