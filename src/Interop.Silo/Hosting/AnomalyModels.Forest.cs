using Interop.Anomaly.Models;

namespace Interop.Silo.Hosting;

/// <summary>The kind of anomaly model that the build chose: the isolation forest with tail probabilities.</summary>
internal static class AnomalyModels
{
    public static IAnomalyModel Create() => new ForestModel();
}
