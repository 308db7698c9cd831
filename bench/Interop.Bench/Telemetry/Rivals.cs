using System.CommandLine;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Interop.Bench.Telemetry;

/// <summary>The servers for comparison, each in a process of its own: (a) Kestrel that reads the body and answers, (b) one INSERT per
/// request.</summary>
internal static class Rivals
{
    public const string FloorVerb = "telemetry-floor";
    public const string InsertVerb = "telemetry-insert";

    public static IEnumerable<Command> Create()
    {
        var floor = new Command(FloorVerb, "A bare endpoint (started by the measurement)") { Hidden = true };
        floor.SetAction((_, token) => ServeAsync(ReadAsync, token));
        yield return floor;
        var url = new Option<string>("--database") { Required = true };
        var insert = new Command(InsertVerb, "One INSERT per request (started by the measurement)") { url };
        insert.Hidden = true;
        insert.SetAction(
            async (parsed, token) =>
            {
                await using var source = NpgsqlDataSource.Create(parsed.GetValue(url)!);
                await using (
                    var create = source.CreateCommand(
                        "CREATE TABLE IF NOT EXISTS events (id bigserial PRIMARY KEY, event_id text UNIQUE, raw_payload json NOT NULL)"
                    )
                )
                    await create.ExecuteNonQueryAsync(token);
                return await ServeAsync(http => InsertAsync(http, source), token);
            }
        );
        yield return insert;
    }

    private static async Task ReadAsync(HttpContext http)
    {
        await ReadBodyAsync(http);
        http.Response.StatusCode = 202;
        http.Response.ContentLength = 0;
    }

    private static async Task InsertAsync(HttpContext http, NpgsqlDataSource source)
    {
        var body = await ReadBodyAsync(http);
        using var document = JsonDocument.Parse(body);
        await using var command = source.CreateCommand("INSERT INTO events (event_id, raw_payload) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        command.Parameters.AddWithValue(document.RootElement.GetProperty("eventId").GetString()!);
        command.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Json, System.Text.Encoding.UTF8.GetString(body));
        await command.ExecuteNonQueryAsync();
        http.Response.StatusCode = 202;
        http.Response.ContentLength = 0;
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext http)
    {
        var body = new byte[(int)http.Request.ContentLength!];
        await http.Request.Body.ReadExactlyAsync(body);
        return body;
    }

    private static async Task<int> ServeAsync(RequestDelegate handler, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(handler);
        await app.StartAsync(cancellationToken);
        Console.WriteLine(
            $"Rival 1 on {app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}/"
        );
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
