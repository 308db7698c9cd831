using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Interop.TestServers;

public sealed record ScriptedRequest(string Path, IQueryCollection Query, IHeaderDictionary Headers, string Base)
{
    public bool IsMetadata => Path == "metadata";

    public string Method { get; init; } = "GET";

    public string Body { get; init; } = "";
}

/// <param name="Date">The Date header; null: now.</param>
public sealed record ScriptedAnswer(int Status, string Body, DateTimeOffset? Date = null, params (string Name, string Value)[] Headers)
{
    /// <summary>Writes the body instead of <see cref="Body"/>.</summary>
    public Func<Stream, CancellationToken, Task>? WriteBody { get; init; }

    /// <summary>The connection is closed without an answer.</summary>
    public static ScriptedAnswer Abort { get; } = new(0, "");

    public static ScriptedAnswer NotFound { get; } = new(404, """{"resourceType":"OperationOutcome","issue":[{"code":"not-found"}]}""");

    /// <summary>A searchset of these resources.</summary>
    public static ScriptedAnswer Bundle(IEnumerable<string> resources, string? next = null, DateTimeOffset? date = null)
    {
        var link = next is null
            ? ""
            : $$"""
                "link":[{"relation":"next","url":"{{next}}"}],
                """;
        var entries = resources.Select(r => "{\"search\":{\"mode\":\"match\"},\"resource\":" + r + "}");
        return new ScriptedAnswer(
            200,
            "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"," + link + "\"entry\":[" + string.Join(",", entries) + "]}",
            date
        );
    }
}

/// <summary>An HTTP server for answers that the sandbox cannot give: a test decides the answer to each request.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Base { get; private set; } = null!;

    /// <summary>What was asked so far, in order.</summary>
    public ScriptedRequest[] Requests => [.. _requests];

    public static async Task<ScriptedServer> StartAsync(Func<ScriptedRequest, ScriptedAnswer> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.SetMinimumLevel(LogLevel.None);
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            var request = new ScriptedRequest(
                path.StartsWith("/fhir/", StringComparison.Ordinal) ? path[6..] : path,
                context.Request.Query,
                new HeaderDictionary(context.Request.Headers.ToDictionary()),
                server.Base.AbsoluteUri
            )
            {
                Method = context.Request.Method,
                Body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted),
            };
            server._requests.Enqueue(request);
            var reply = answer(request);
            if (ReferenceEquals(reply, ScriptedAnswer.Abort))
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = reply.Status;
            context.Response.ContentType = "application/fhir+json";
            context.Response.Headers.Date = (reply.Date ?? DateTimeOffset.UtcNow).ToString("R");
            foreach (var (name, value) in reply.Headers)
                context.Response.Headers[name] = value;
            if (reply.WriteBody is { } write)
                await write(context.Response.Body, context.RequestAborted);
            else
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(reply.Body), context.RequestAborted);
        });
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Base = new Uri($"{address.TrimEnd('/')}/fhir/");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
