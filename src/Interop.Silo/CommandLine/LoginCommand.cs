using System.CommandLine;
using System.Net;
using System.Text.Json;
using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary><c>login</c>: exchange a name and a password for a token, which <c>upload</c> and <c>tm2</c> use.</summary>
internal static class LoginCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "The server", DefaultValueFactory = _ => ServerUrl.Default };
        var user = new Option<string?>("--user") { Description = "The name of the user; without it, it is asked for" };
        var command = new Command(
            "login",
            "Log in to a running server; the password comes from a prompt or from standard input, and the token is stored for a day"
        )
        {
            url,
            user,
        };
        command.SetAction((parsed, token) => RunAsync(ServerUrl.Parse(parsed.GetValue(url)!), parsed.GetValue(user), token));
        return command;
    }

    private static async Task<int> RunAsync(Uri server, string? user, CancellationToken cancellationToken)
    {
        if (server.Scheme == Uri.UriSchemeHttp && !server.IsLoopback)
            await Console.Error.WriteLineAsync("warning: http sends the password unencrypted");
        var name = user ?? (Console.IsInputRedirected ? Console.In.ReadLine() : AnsiConsole.Prompt(new TextPrompt<string>("User:"))) ?? "";
        var password =
            (Console.IsInputRedirected ? Console.In.ReadLine() : AnsiConsole.Prompt(new TextPrompt<string>("Password:").Secret())) ?? "";

        using var http = new HttpClient { Timeout = Timeout };
        try
        {
            using var answer = await http.PostAsJsonAsync(new Uri(server, "login"), new { username = name, password }, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
                throw new ArgumentException($"{server} refuses the name or the password");
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                throw new ArgumentException($"{server}: too many failed logins; try again in {answer.Headers.RetryAfter?.Delta}");
            var body = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            StoredTokens.Save(server, body.GetProperty("access_token").GetString()!);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{server}: {e.Message}", e);
        }
        Console.WriteLine($"logged in to {server} as {name}; the token is valid for a day ({StoredTokens.Path})");
        return ExitCodes.Success;
    }
}

/// <summary>The address of a running server on the command line.</summary>
internal static class ServerUrl
{
    public const string Default = "http://127.0.0.1:8000";

    /// <summary>The address, with a slash at its end.</summary>
    /// <exception cref="ArgumentException">It is not an http or https URL.</exception>
    public static Uri Parse(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/")
            : throw new ArgumentException($"--url must be an http or https URL, not '{url}'");
}
