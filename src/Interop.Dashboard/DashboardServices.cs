using Interop.Dashboard.Access;
using Interop.Dashboard.Components;
using Interop.Dashboard.Layout;
using Interop.Dashboard.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Dashboard;

/// <summary>Composes the dashboard.</summary>
public static class DashboardServices
{
    /// <summary>After this time a browser that lost its connection gets a new page instead of its old state.</summary>
    private static readonly TimeSpan KeepDisconnected = TimeSpan.FromMinutes(1);

    private const int MaxDisconnected = 100;
    private const int MaxUnsentRenders = 10;

    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services
            .AddRazorComponents()
            .AddInteractiveServerComponents(circuits =>
            {
                circuits.DisconnectedCircuitRetentionPeriod = KeepDisconnected;
                circuits.DisconnectedCircuitMaxRetained = MaxDisconnected;
                circuits.MaxBufferedUnacknowledgedRenderBatches = MaxUnsentRenders;
            });
        services.AddAuthorizationCore();
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, SessionWatch>();
        services.AddScoped<CurrentUser>();
        services.AddScoped<AuditLog>();
        services.AddScoped<PatientLinks>();
        services.AddScoped<PaletteSearch>();
        services.AddScoped<Toasts>();
        services.AddSingleton<LiveClock>();
        services.AddSingleton<SharedReads>();
        return services;
    }

    /// <summary>The pages. The caller declares the role that they need.</summary>
    public static RazorComponentsEndpointConventionBuilder MapDashboard(this IEndpointRouteBuilder routes) =>
        routes
            .MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(mode =>
            {
                // The answer's own policy forbids every frame (ResponseHeaders).
                mode.ContentSecurityFrameAncestorsPolicy = null;
                mode.DisableWebSocketCompression = false;
            });
}
