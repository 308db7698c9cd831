using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Interop.Access;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Access;

/// <summary>Logins, and the limits against brute force.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private AccessServer _server = null!;

    public async Task InitializeAsync() => _server = await AccessServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        foreach (
            var (name, password) in new[]
            {
                ("admin", "wrong"),
                ("nobody", "wrong"),
                ("'; DROP TABLE users", "wrong"),
                ("admin", new string('x', 60_000)),
            }
        )
        {
            using var answer = await _server.LoginAsync(name, password, $"192.0.2.{password.Length % 250}");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Invalid username or password", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("msg"));
        }

        using var bad = await _server.Http.PostAsync("/login", new StringContent("{", null, "application/json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bad.StatusCode);
    }

    [Fact]
    public async Task Ten_failures_of_one_address_lock_that_address_only()
    {
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync($"name{i}", "wrong", "192.0.2.9"));
        using var locked = await _server.LoginAsync("viewer", AccessServer.Password, "192.0.2.9");
        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("viewer", AccessServer.Password, "192.0.2.10"));
    }

    [Fact]
    public async Task Ten_failures_of_one_name_from_many_addresses_at_once_lock_that_name_only()
    {
        var statuses = await Task.WhenAll(Enumerable.Range(1, 30).Select(i => StatusAsync("viewer", "wrong", $"198.51.100.{i}")));
        Assert.Equal(10, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(20, statuses.Count(status => status == HttpStatusCode.TooManyRequests));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync("viewer", AccessServer.Password, "198.51.100.99"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("admin", AccessServer.Password, "198.51.100.99"));
    }

    [Fact]
    public async Task An_upload_without_a_token_gets_401_with_a_msg_and_stores_nothing()
    {
        using var form = new MultipartFormDataContent { { new StringContent("Nome,CPF\n"), "file", "file.csv" } };
        using var answer = await _server.Http.PostAsync("/upload-csv", form);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(body.Text("detail"), body.Text("msg"));
    }

    [Fact]
    public async Task Many_good_logins_lock_nothing()
    {
        for (var i = 0; i < 12; i++)
            Assert.Equal(HttpStatusCode.OK, await StatusAsync("viewer", AccessServer.Password, "192.0.2.20"));
    }

    /// <summary>Compares the medians of many logins; INTEROP_LONG=1 makes it 1,000 of them.</summary>
    [Fact]
    public async Task The_time_of_the_answer_does_not_reveal_an_unknown_user()
    {
        var count = Environment.GetEnvironmentVariable("INTEROP_LONG") == "1" ? 500 : 60;
        for (var i = 0; i <= count / 9; i++)
            await _server.Users.AddUserAsync($"known{i}", AccessRole.Viewer, AccessServer.Password, default);
        var (known, unknown) = (new List<double>(), new List<double>());
        for (var i = 0; i < count; i++)
        {
            known.Add(await TimeAsync($"known{i / 9}", $"10.1.{i / 250}.{i % 250}"));
            unknown.Add(await TimeAsync($"unknown{i / 9}", $"10.2.{i / 250}.{i % 250}"));
        }

        var ratio = Median(known) / Median(unknown);
        Assert.InRange(ratio, 0.7, 1.4);
        // How often a known user takes longer than an unknown one, over all pairs (Mann and Whitney U): 0.5 when the time reveals nothing.
        var longer = known.Average(k => unknown.Average(u => k > u ? 1 : 0));
        var tolerance = 4 * Math.Sqrt((2.0 * count + 1) / (12.0 * count * count)) + 0.1;
        Assert.InRange(longer, 0.5 - tolerance, 0.5 + tolerance);
    }

    [Fact]
    public async Task The_API_is_open_on_loopback_until_the_first_user_is_added()
    {
        await using var server = await InteropServer.StartAsync();
        Assert.Equal(JsonValueKind.Array, (await server.Http.GetJsonAsync("/runs")).ValueKind);
        await new UserAdministration(
            (Interop.Storage.Database)server.Services.GetService(typeof(Interop.Storage.Database))!,
            TimeProvider.System
        ).AddUserAsync("first", AccessRole.Admin, AccessServer.Password, default);
        await Eventually.Is(
            async () => (await server.Http.GetAsync("/runs")).StatusCode == HttpStatusCode.Unauthorized,
            "it asks for credentials"
        );
        Assert.Equal("""{"status":"ok"}""", await server.Http.GetStringAsync("/health/ready"));
    }

    private async Task<HttpStatusCode> StatusAsync(string name, string password, string address)
    {
        using var answer = await _server.LoginAsync(name, password, address);
        return answer.StatusCode;
    }

    private async Task<double> TimeAsync(string name, string address)
    {
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(name, "a wrong password", address));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
