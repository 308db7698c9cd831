using Interop.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Access;

/// <summary>Composition of the platform's own audit trail.</summary>
public static class AuditServices
{
    /// <summary>Adds the journal of this process. The host adds <see cref="AuditOptions"/> and access monitoring.</summary>
    public static IServiceCollection AddAuditTrail(this IServiceCollection services)
    {
        services.AddSingleton<AuditJournal>();
        services.AddHostedService<DeferredStart<AuditJournal>>();
        return services;
    }
}
