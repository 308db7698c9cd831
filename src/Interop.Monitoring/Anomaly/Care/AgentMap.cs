using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Care;

/// <summary>
/// The current content of the file that maps agents to Practitioners. It is read again when it has changed. When the new content is not
/// valid, this is logged and the old mapping stays.
/// </summary>
public sealed partial class AgentMap(IOptions<MonitoringOptions> options, ILogger<AgentMap> log)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<AgentMapEntry> _entries = [];
    private readonly Dictionary<string, AgentNames> _names = new(StringComparer.Ordinal);
    private (DateTime Changed, long Length) _read;

    /// <summary>The names for a source: those of the source come before those of every source.</summary>
    public AgentNames NamesOf(string source)
    {
        if (options.Value.AgentMap.Length == 0)
            return AgentNames.None;
        lock (_lock)
        {
            ReadWhenChanged();
            if (!_names.TryGetValue(source, out var names))
                _names[source] = names = new AgentNames(
                    _entries.Where(e => e.Source is null || e.Source == source).OrderBy(e => e.Source is null ? 0 : 1)
                );
            return names;
        }
    }

    /// <summary>Practitioners to which a name is mapped, for any source.</summary>
    public IReadOnlyList<string> PractitionersOf(string? agent)
    {
        if (agent is null || options.Value.AgentMap.Length == 0)
            return [];
        lock (_lock)
        {
            ReadWhenChanged();
            return
            [
                .. _entries.Where(e => e.Agent.Equals(agent, StringComparison.OrdinalIgnoreCase)).Select(e => e.Practitioner).Distinct(),
            ];
        }
    }

    private void ReadWhenChanged()
    {
        var path = options.Value.AgentMap;
        try
        {
            var file = new FileInfo(path);
            var now = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
            if (now == _read)
                return;
            _read = now;
            _entries = AgentMapFile.Read(path);
            _names.Clear();
            LogRead(path, _entries.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            LogBad(path, e.Message);
        }
    }

    [LoggerMessage(3401, LogLevel.Information, "Read {Path}: {Count} agents are mapped to Practitioners")]
    private partial void LogRead(string path, int count);

    [LoggerMessage(3402, LogLevel.Error, "The agent mapping {Path} is not used, the one read before stays: {Reason}")]
    private partial void LogBad(string path, string reason);
}

/// <summary>Practitioners by the names that AuditEvents have for them. Case does not matter.</summary>
public sealed class AgentNames
{
    private readonly Dictionary<string, string> _practitioners = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="entries">A later entry replaces an earlier one.</param>
    public AgentNames(IEnumerable<AgentMapEntry> entries)
    {
        foreach (var entry in entries)
            _practitioners[entry.Agent] = entry.Practitioner;
    }

    public static AgentNames None { get; } = new([]);

    /// <summary>Practitioner/ID; null: the name is not mapped.</summary>
    public string? Find(string? name) => name is null ? null : _practitioners.GetValueOrDefault(name);
}
