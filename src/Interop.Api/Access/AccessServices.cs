using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Api.Access;

/// <summary>Composes the check of callers and the rate limiter.</summary>
internal static class AccessServices
{
    /// <summary>The rate limit of logins: checking a password takes tens of milliseconds of a processor.</summary>
    public const string LoginPolicy = "login";

    private const int MaxLoginsAtOnce = 4;
    private const int MaxWaitingLogins = 64;
    private const long MaxOidcBytes = 1024 * 1024;
    private static readonly TimeSpan OidcTimeout = TimeSpan.FromSeconds(10);

    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CallerDirectory>();
        services.AddHostedService<CallerDirectoryStart>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<OidcTokens>();
        services
            .AddHttpClient(OidcTokens.HttpClientName)
            .ConfigureHttpClient(http => (http.Timeout, http.MaxResponseContentBufferSize) = (OidcTimeout, MaxOidcBytes))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
            .RemoveAllLoggers();
        services.AddSingleton<CallerAuthentication>();
        services.AddSingleton<AuditIntake>();
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                return ValueTask.CompletedTask;
            };
            limiter.AddConcurrencyLimiter(
                LoginPolicy,
                login =>
                    (login.PermitLimit, login.QueueLimit, login.QueueProcessingOrder) = (
                        MaxLoginsAtOnce,
                        MaxWaitingLogins,
                        QueueProcessingOrder.OldestFirst
                    )
            );
        });
        return services;
    }

    /// <summary>After routing: the role is metadata of the endpoint.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseRateLimiter();
        app.UseMiddleware<AuditedRequests>();
        app.UseMiddleware<CallerCheck>();
    }
}
