using System.Net;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class PagingTests
{
    [Fact]
    public async Task A_snapshot_serves_the_versions_of_its_search_whatever_happens_meanwhile()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 20, BadShare = 0 });
        using var client = new SandboxClient(server);
        var first = await client.GetJsonAsync("Patient?_sort=_lastUpdated&_count=5");
        await client.ControlAsync(HttpMethod.Post, "sandbox/mutate", """{"type":"Patient","kind":"edit","count":10}""");
        await client.ControlAsync(HttpMethod.Post, "sandbox/mutate", """{"type":"Patient","kind":"delete","count":5,"seed":7}""");

        var rest = (await client.PagesAsync(Link(first, "next")!)).SelectMany(page => Resources(page, "match"));
        var all = Resources(first, "match").Concat(rest).ToList();
        Assert.Equal(20, all.Select(Id).Distinct().Count());
        Assert.All(all, patient => Assert.Equal("1", patient.GetProperty("meta").GetProperty("versionId").GetString()));
        Assert.Equal(15, (await client.MatchesAsync("Patient?_count=4")).Count);
    }

    [Fact]
    public async Task With_live_paging_a_resource_that_is_touched_moves_behind_the_offset()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 20,
                BadShare = 0,
                Paging = PagingMode.Live,
            }
        );
        using var client = new SandboxClient(server);
        Assert.Equal(20, (await client.MatchesAsync("Patient?_sort=_lastUpdated&_count=5")).Select(Id).Distinct().Count());

        var first = await client.GetJsonAsync("Patient?_sort=_lastUpdated&_count=5");
        var touched = Id(Resources(first, "match").First());
        await client.ControlAsync(HttpMethod.Post, "sandbox/mutate", $$"""{"type":"Patient","kind":"touch","ids":["{{touched}}"]}""");
        var rest = (await client.PagesAsync(Link(first, "next")!)).SelectMany(page => Resources(page, "match")).Select(Id).ToList();
        Assert.Equal(14, rest.Count(id => id != touched)); // the sixth slipped onto the first page
        Assert.Equal(touched, rest[^1]);
    }

    [Fact]
    public async Task A_snapshot_expires_with_410()
    {
        var time = new ManualTime(DateTimeOffset.Parse("2026-03-01T00:00:00Z"));
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 20,
                Time = time,
                PagingExpiry = TimeSpan.FromMinutes(1),
            }
        );
        using var client = new SandboxClient(server);
        var next = Link(await client.GetJsonAsync("Patient?_count=5"), "next")!;
        time.Advance(TimeSpan.FromSeconds(59));
        await client.GetJsonAsync(next);
        time.Advance(TimeSpan.FromSeconds(1));
        using var expired = await client.GetAsync(next);
        Assert.Equal(HttpStatusCode.Gone, expired.StatusCode);
    }
}
