using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Interop.Api.Access;
using Interop.Api.Anomaly;
using Interop.Api.Cluster;
using Interop.Api.Discovery;
using Interop.Api.Health;
using Interop.Api.Http;
using Interop.Api.Ingestion;
using Interop.Api.Metrics;
using Interop.Api.Patients;
using Interop.Api.Polling;
using Interop.Api.Scheduling;
using Interop.Api.Telemetry;
using Interop.Api.Tm2;
using Interop.Api.Tokens;
using Interop.Api.Uploads;
using Interop.Api.Views;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Interop.Api;

/// <summary>Composes the front end.</summary>
public static class InteropApi
{
    public static IServiceCollection AddInteropApi(this IServiceCollection services, ApiOptions options)
    {
        services.AddRoutingCore();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, PageSelection>());
        services.AddAntiforgery();
        services.AddSharedKeys();
        services.AddSingleton(options);
        services.AddAccess(options.Access);
        services.AddSingleton<RunStarter>();
        services.AddSingleton<TelemetryIntake>();
        services.AddSingleton<MetricsText>();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.AddExceptionHandler<FailureHandler>();
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders =
                options.TrustedProxies.Count == 0
                    ? ForwardedHeaders.None
                    : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in options.TrustedProxies)
                forwarded.KnownIPNetworks.Add(network);
        });
        services.AddCors(cors =>
            cors.AddDefaultPolicy(policy => policy.WithOrigins([.. options.CorsOrigins]).AllowAnyHeader().AllowAnyMethod())
        );
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.DictionaryKeyPolicy = null;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict; // else every number is documented as "integer or string"
            json.SerializerOptions.Converters.Add(new UtcInstantConverter());
        });
        services.AddOpenApi(
            "openapi",
            openApi =>
                openApi
                    .AddDocumentTransformer<ApiDescription>()
                    .AddOperationTransformer<Examples>()
                    .AddOperationTransformer<QueryNames>()
                    .AddOperationTransformer<AccessDescription>()
                    .AddSchemaTransformer<WrittenTypes>()
        );
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        return services;
    }

    /// <summary>The routes of a silo without a front end: health and metrics.</summary>
    public static void MapInteropSilo(this WebApplication app)
    {
        app.UsePipeline();
        app.MapHealth();
        app.MapMetrics();
    }

    public static void MapInteropApi(this WebApplication app)
    {
        app.UsePipeline();
        app.MapStart();
        app.MapLogin();
        app.MapHealth();
        app.MapMetrics();
        var features = app.MapGroup("").ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        features.MapCluster();
        features.MapIngestion();
        features.MapPublicKeys();
        features.MapRuns();
        features.MapExports();
        features.MapCheckpoints();
        features.MapSchedules();
        features.MapViews();
        features.MapTelemetry();
        features.MapPdExecutions();
        features.MapTokens();
        features.MapDiscovery();
        features.MapUploads();
        features.MapTm2();
        features.MapPolling();
        features.MapAlerts();
        features.MapCases();
        features.MapAccessReports();
        features.MapPatients();
        app.MapOpenApi("/{documentName}.json").AllowAnonymous().NotAudited("the description of the API, no data");
        // Under its own path only, so that it does not handle every request.
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments("/docs"),
            docs =>
                docs.UseSwaggerUI(ui =>
                {
                    ui.RoutePrefix = "docs";
                    ui.SwaggerEndpoint("/openapi.json", "Interop");
                    ui.DocumentTitle = "Interop API";
                })
        );
    }

    private static void UsePipeline(this WebApplication app)
    {
        app.Services.GetRequiredService<MetricsText>().Start();
        if (app.Services.GetService<DiagnosticListener>() is { } listener)
            BadRequestAnswers.Use(listener);
        app.UseForwardedHeaders();
        app.UseMiddleware<ResponseHeaders>();
        app.UseExceptionHandler();
        app.UseMiddleware<RequestLimits>();
        app.UseMiddleware<HostGuard>();
        app.UseStatusCodePages();
        app.UseMiddleware<HeadRequests>();
        app.UseRouting();
        app.UseCors();
        app.UseAccess();
        app.UseMiddleware<BodyLimit>();
        app.UseMiddleware<QueryCheck>();
        app.UseMiddleware<NulCheck>();
        app.UseAntiforgery();
    }
}
