using Interop.Anomaly.MLNet;
using Interop.Anomaly.Models;

namespace Interop.Silo.Hosting;

/// <summary>The kind of anomaly model that the build chose: a pipeline of Microsoft.ML.</summary>
internal static class AnomalyModels
{
    public static IAnomalyModel Create() => new MLNetModel();
}
