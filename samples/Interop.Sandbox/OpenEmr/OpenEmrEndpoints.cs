using System.Text.Json;

namespace Interop.Sandbox.OpenEmr;

/// <summary>The HTTP endpoint for tokens.</summary>
internal static class OpenEmrEndpoints
{
    public static void MapOpenEmr(this IEndpointRouteBuilder routes)
    {
        var openEmr = routes.ServiceProvider.GetRequiredService<OpenEmrUpstream>();
        routes.MapPost("/oauth2/{site}/token", context => HandleAsync(context, openEmr));
    }

    private static async Task HandleAsync(HttpContext context, OpenEmrUpstream openEmr)
    {
        openEmr.Asked();
        if (openEmr.Delay > TimeSpan.Zero)
            await Task.Delay(openEmr.Delay, context.RequestAborted);
        if (!context.Request.HasFormContentType)
        {
            await RefuseAsync(context, 400, "invalid_request");
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["client_id"] != openEmr.ClientId || form["client_secret"] != openEmr.ClientSecret)
        {
            await RefuseAsync(context, 401, "invalid_client");
            return;
        }

        var byPassword = form["grant_type"] == "password";
        if (!byPassword && form["grant_type"] != "refresh_token")
        {
            await RefuseAsync(context, 400, "unsupported_grant_type");
            return;
        }

        var isGranted = byPassword
            ? form["username"] == openEmr.Username
                && form["password"] == openEmr.Password
                && form["user_role"].ToString() is "users" or "patient"
            : openEmr.UseRefreshToken(form["refresh_token"].ToString());
        if (!isGranted)
        {
            // Real servers repeat the request in the description. A client must not log it.
            await RefuseAsync(
                context,
                400,
                "invalid_grant",
                $"no match for {form["username"]} with {form["password"]}{form["refresh_token"]}"
            );
            return;
        }

        openEmr.Granted(byPassword);
        var scope = form["scope"].ToString();
        var answer = new Dictionary<string, object>
        {
            ["access_token"] = openEmr.IssueAccessToken(),
            ["token_type"] = "Bearer",
            ["expires_in"] = (long)openEmr.TokenLifetime.TotalSeconds,
            ["scope"] = scope,
        };
        if (scope.Contains("offline_access", StringComparison.Ordinal))
            answer["refresh_token"] = openEmr.IssueRefreshToken();
        await WriteAsync(context, 200, answer);
    }

    private static Task RefuseAsync(HttpContext context, int status, string error, string description = "refused") =>
        WriteAsync(context, status, new() { ["error"] = error, ["error_description"] = description });

    private static Task WriteAsync(HttpContext context, int status, Dictionary<string, object> answer)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, answer, cancellationToken: context.RequestAborted);
    }
}
