using Interop.Storage;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion.Running;

/// <summary>Makes the worker of a run.</summary>
internal sealed class RunWorkers(RunSteps steps, Database database, TimeProvider time, ILoggerFactory loggers)
{
    public RunWorker Create(long runId) => new(runId, steps, database, time, loggers.CreateLogger<RunWorker>());
}
