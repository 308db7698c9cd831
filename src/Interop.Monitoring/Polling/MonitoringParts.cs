using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Scoring;
using Interop.Storage;

namespace Interop.Polling;

/// <summary>The parts of the process that every monitored source uses.</summary>
public sealed record MonitoringParts(Database Database, ModelCatalog Models, AgentMap AgentMap, AlertOutbox Outbox, TimeProvider Time);
