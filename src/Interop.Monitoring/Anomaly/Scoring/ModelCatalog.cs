using Interop.Anomaly.Models;
using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Anomaly.Scoring;

/// <summary>The promoted model and the one in shadow, loaded once per version.</summary>
public sealed partial class ModelCatalog(Func<IAnomalyModel> create, ILogger<ModelCatalog> log)
{
    // Fewer events are a few hours of one shift, and those differ from the whole training period on every day.
    private const int DriftEvents = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AccessScorer?> _loaded = [];
    private readonly PopulationStability _drift = new();

    /// <summary>Makes an untrained model of the kind that this program is built with.</summary>
    public IAnomalyModel Create() => create();

    /// <summary>The scorers in use; null where there is none or it cannot be loaded. Without a model an event is stored unscored.</summary>
    public async Task<(AccessScorer? Promoted, AccessScorer? Shadow)> CurrentAsync(
        DbSession session,
        CancellationToken cancellationToken
    ) => (await LoadAsync(session, "promoted", cancellationToken), await LoadAsync(session, "shadow", cancellationToken));

    /// <summary>Counts scores of the promoted model; the drift so far, when enough events are counted.</summary>
    public double? MeasureDrift(IEnumerable<AccessVerdict> verdicts)
    {
        lock (_lock)
        {
            foreach (var verdict in verdicts)
                _drift.Add(verdict.Share);
            if (_drift.Count < DriftEvents)
                return null;
            var index = _drift.Index();
            _drift.Reset();
            if (index > PopulationStability.WarningLevel)
                LogDrift(index, PopulationStability.WarningLevel);
            MonitoringMetrics.RecordDrift(index);
            return index;
        }
    }

    private async Task<AccessScorer?> LoadAsync(DbSession session, string status, CancellationToken cancellationToken)
    {
        if (await ModelStore.FindInUseAsync(session, status, cancellationToken) is not { } id)
            return null;
        lock (_lock)
        {
            if (_loaded.TryGetValue(id, out var known))
                return known;
        }

        AccessScorer? scorer = null;
        try
        {
            if (await ModelStore.ReadAsync(session, id, cancellationToken) is { } bytes)
                scorer = new AccessScorer(AccessModel.Load(id, bytes, create));
        }
        catch (InvalidDataException e)
        {
            LogBadModel(id, e.Message);
        }

        lock (_lock)
        {
            // Few versions are in use at a time.
            if (_loaded.Count > 8)
                _loaded.Clear();
            _loaded[id] = scorer;
        }

        return scorer;
    }

    [LoggerMessage(3101, LogLevel.Error, "The model {Version} cannot be used, events stay unscored: {Reason}")]
    private partial void LogBadModel(string version, string reason);

    [LoggerMessage(
        3102,
        LogLevel.Warning,
        "The scores have drifted from the training period: population stability index {Index:F2}, over {Limit}. Train a new model"
    )]
    private partial void LogDrift(double index, double limit);
}
