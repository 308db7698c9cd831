using System.Runtime.InteropServices;
using Interop.Anomaly;
using Interop.Anomaly.Scoring;

namespace Interop.Polling;

/// <summary>New events of one source for the profiles: grouped by agent, in the order of their instants.</summary>
public sealed class SourceBatch
{
    private readonly IReadOnlyList<IncomingEvent> _incoming;
    private readonly AccessInContext[] _accesses;
    private readonly AccessFeatures?[] _features;
    private readonly List<(string Agent, int[] Positions)> _agents;
    private readonly List<(string Agent, ReadOnlyMemory<byte> Document)> _profiles = [];

    internal SourceBatch(string source, long epoch, long sequence, IReadOnlyList<IncomingEvent> incoming, AccessInContext[] accesses)
    {
        (Source, Epoch, Sequence, _incoming, _accesses) = (source, epoch, sequence, incoming, accesses);
        _features = new AccessFeatures?[accesses.Length];
        _agents =
        [
            .. Enumerable
                .Range(0, accesses.Length)
                .GroupBy(i => accesses[i].Event.Agent, StringComparer.Ordinal)
                .Select(g => (g.Key, g.OrderBy(i => accesses[i].Event.Time).ToArray())),
        ];
    }

    public string Source { get; }

    public long Epoch { get; }

    public long Sequence { get; }

    public int Count => _accesses.Length;

    /// <summary>One request per agent.</summary>
    public IEnumerable<(string Agent, AccessBatch Request)> Requests =>
        _agents.Select(a => (a.Agent, new AccessBatch(Epoch, Sequence, [.. a.Positions.Select(i => _accesses[i])])));

    internal IReadOnlyList<(string Agent, ReadOnlyMemory<byte> Document)> Profiles => _profiles;

    /// <summary>Adds the answer for an agent, in the order of <see cref="Requests"/>.</summary>
    public void Take(int agent, AccessObserved observed)
    {
        var numbers = MemoryMarshal.Cast<byte, float>(observed.Features.AsSpan());
        var positions = _agents[agent].Positions;
        for (var i = 0; i < positions.Length; i++)
            _features[positions[i]] = new AccessFeatures(
                numbers.Slice(i * AccessFeatures.Size, AccessFeatures.Size).ToArray(),
                observed.EventsBefore + i
            );
        _profiles.Add((_agents[agent].Agent, ImmutableCollectionsMarshal.AsArray(observed.Profile)));
    }

    internal (IncomingEvent Incoming, AccessInContext Access, AccessFeatures Features) this[int index] =>
        (
            _incoming[index],
            _accesses[index],
            _features[index] ?? throw new InvalidOperationException($"no profile has answered for {_accesses[index].Event.Agent}")
        );
}
