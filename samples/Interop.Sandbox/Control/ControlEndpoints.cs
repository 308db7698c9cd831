using System.Text.Json;
using Interop.Sandbox.Faults;
using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.Control;

/// <summary>The sandbox's own control endpoints, `/sandbox`. They are not part of any upstream.</summary>
internal static class ControlEndpoints
{
    public static void MapControl(this IEndpointRouteBuilder routes)
    {
        var faults = routes.ServiceProvider.GetRequiredService<FaultBook>();
        var store = routes.ServiceProvider.GetRequiredService<ResourceStore>();
        var counters = routes.ServiceProvider.GetRequiredService<SandboxCounters>();

        var control = routes.MapGroup("/sandbox");
        control.MapGet("/faults", context => Write(context, 200, faults.Rules));
        control.MapPut(
            "/faults",
            context =>
                HandleAsync<FaultRule[]>(
                    context,
                    rules =>
                    {
                        faults.Set(rules);
                        return faults.Rules;
                    }
                )
        );
        control.MapDelete(
            "/faults",
            context =>
            {
                faults.Clear();
                return Write(context, 200, faults.Rules);
            }
        );
        control.MapGet("/stats", context => Write(context, 200, SandboxStats.Of(store, faults, counters)));
        control.MapPost(
            "/mutate",
            context =>
                HandleAsync<Mutation>(
                    context,
                    mutation => new
                    {
                        mutation.Type,
                        mutation.Kind,
                        ids = mutation.ApplyTo(store),
                    }
                )
        );
    }

    private static async Task HandleAsync<T>(HttpContext context, Func<T, object> handle)
    {
        object answer;
        try
        {
            var body =
                await JsonSerializer.DeserializeAsync<T>(context.Request.Body, FaultRule.Json, context.RequestAborted)
                ?? throw new ArgumentException("The body is null.");
            answer = handle(body);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            await Write(context, 400, new { detail = error.Message });
            return;
        }
        await Write(context, 200, answer);
    }

    private static Task Write(HttpContext context, int status, object answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, answer, answer.GetType(), FaultRule.Json, context.RequestAborted);
    }
}
