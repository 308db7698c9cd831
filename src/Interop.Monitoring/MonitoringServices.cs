using Interop.Anomaly.Alerts;
using Interop.Anomaly.Care;
using Interop.Anomaly.Models;
using Interop.Anomaly.Scoring;
using Interop.Polling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop;

/// <summary>Composition of the library.</summary>
public static class MonitoringLibraryServices
{
    /// <summary>Adds the models, the delivery of alerts and the parts of pollers. The kind of model is <see cref="ForestModel"/> unless
    /// another is registered
    /// before.</summary>
    public static IServiceCollection AddMonitoringLibrary(this IServiceCollection services)
    {
        services.TryAddSingleton<Func<IAnomalyModel>>(() => new ForestModel());
        services.AddSingleton<AgentMap>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton<ModelTrainer>();
        services.AddHttpClient(AlertWebhook.HttpClientName);
        services.AddSingleton<AlertLog>();
        services.AddSingleton<AlertWebhook>();
        services.AddSingleton<AlertOutbox>();
        services.AddSingleton<AlertDeliveries>();
        services.AddSingleton<MonitoringParts>();
        return services;
    }
}
