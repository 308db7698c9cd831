using System.Security.Cryptography;
using System.Text.Json;
using static Interop.Sandbox.Tests.SandboxClient;

namespace Interop.Sandbox.Tests;

public sealed class SyntheticDataTests
{
    /// <summary>Of all resources of 200 patients, by type and in order. It changes only when the generator is changed on purpose.</summary>
    private const string Expected = "befd5b60773c7a27c309bf037581b5b5d5bb1591101015cc24c7d666da1d8a56";

    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_on_every_machine()
    {
        var hash = await HashAsync(new SandboxOptions { Patients = 200 });
        Assert.True(hash == Expected, $"The generator now makes {hash}.");
        Assert.NotEqual(Expected, await HashAsync(new SandboxOptions { Patients = 200, Seed = 2 }));
    }

    [Fact]
    public async Task A_thousand_patients_bring_thirty_thousand_resources_with_a_known_share_of_bad_ones()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions());
        Assert.Equal(30_000, server.Store.TotalCount);
        var stats = server.Stats;
        Assert.Equal((5, 110, 25, 10), (stats.Bad["Patient"], stats.Bad["Observation"], stats.Bad["Encounter"], stats.Bad["Condition"]));
        Assert.Equal(
            (11, 3, 1),
            (stats.MissingPatient["Observation"], stats.MissingPatient["Encounter"], stats.MissingPatient["Condition"])
        );
        Assert.InRange(stats.BadPatient["Observation"], 100, 110);
        Assert.Equal(13, stats.BadByKind["Observation"].Count);
    }

    [Fact]
    public async Task Without_a_bad_share_every_reference_but_the_missing_ones_resolves()
    {
        await using var server = await SandboxServer.StartAsync(
            new SandboxOptions
            {
                Patients = 60,
                BadShare = 0,
                MissingPatientShare = 0.01,
            }
        );
        var missing = 0;
        foreach (var type in (string[])["Observation", "Encounter", "Condition"])
        {
            foreach (var resource in Resources(server, type))
            {
                missing += Leads(server, resource, "subject") ? 0 : 1;
                Assert.True(!resource.TryGetProperty("encounter", out _) || Leads(server, resource, "encounter"));
            }
        }
        Assert.Equal(server.Stats.MissingPatient.Values.Sum(), missing);
        Assert.InRange(missing, 15, 18);
    }

    [Fact]
    public async Task Values_are_plausible_and_times_lie_in_the_span_of_the_data()
    {
        var options = new SandboxOptions { Patients = 100, BadShare = 0 };
        await using var server = await SandboxServer.StartAsync(options);
        foreach (var observation in Resources(server, "Observation"))
        {
            Assert.InRange(LastUpdated(observation), options.StartOfData, options.EndOfData);
            Assert.InRange(
                observation.GetProperty("effectiveDateTime").GetDateTimeOffset(),
                options.StartOfData.AddYears(-6),
                options.StartOfData
            );
            Assert.True(
                observation.GetProperty("issued").GetDateTimeOffset() > observation.GetProperty("effectiveDateTime").GetDateTimeOffset()
            );
            if (observation.TryGetProperty("valueQuantity", out var quantity))
            {
                var low = observation.GetProperty("referenceRange")[0].GetProperty("low").GetProperty("value").GetDecimal();
                var high = observation.GetProperty("referenceRange")[0].GetProperty("high").GetProperty("value").GetDecimal();
                Assert.InRange(quantity.GetProperty("value").GetDecimal(), low / 10, high * 4);
            }
        }
        Assert.All(
            Resources(server, "Encounter").Where(encounter => encounter.GetProperty("period").TryGetProperty("end", out _)),
            encounter =>
                Assert.True(
                    encounter.GetProperty("period").GetProperty("start").GetDateTimeOffset()
                        < encounter.GetProperty("period").GetProperty("end").GetDateTimeOffset()
                )
        );
        Assert.True(
            Resources(server, "Patient")
                .Select(patient => patient.GetProperty("name").EnumerateArray().Last().GetProperty("family").GetString())
                .Distinct()
                .Count() > 40
        );
    }

    [Fact]
    public async Task Bad_resources_are_readable_JSON_and_differ_from_their_good_form()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 30, BadShare = 1 });
        await using var good = await SandboxServer.StartAsync(new SandboxOptions { Patients = 30, BadShare = 0 });
        foreach (var type in server.Store.Types)
        {
            Assert.Equal(server.Store.Count(type), server.Store.Bad(type).Values.Sum());
            foreach (var id in server.Store.Ids(type))
            {
                var text = server.Store.Read(type, id)!;
                Assert.Equal(id, Id(JsonDocument.Parse(text).RootElement));
                Assert.NotEqual(good.Store.Read(type, id), text);
            }
        }
    }

    [Fact]
    public async Task A_share_of_the_resources_can_lack_lastUpdated()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = 20, NoLastUpdatedShare = 0.1 });
        Assert.Equal(2, Resources(server, "Patient").Count(patient => !patient.GetProperty("meta").TryGetProperty("lastUpdated", out _)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(13)]
    public async Task Any_number_of_patients_works(int patients)
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Patients = patients });
        Assert.Equal(patients * 30, server.Store.TotalCount);
        Assert.Equal(patients * 22, Resources(server, "Observation").Count());
    }

    [Fact]
    public async Task An_option_out_of_range_is_refused_by_name()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => SandboxServer.StartAsync(new SandboxOptions { BadShare = 2 }));
        Assert.Contains("BadShare is a share between 0 and 1", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonElement> Resources(SandboxServer server, string type) =>
        server.Store.Ids(type).Select(id => JsonDocument.Parse(server.Store.Read(type, id)!).RootElement);

    private static bool Leads(SandboxServer server, JsonElement resource, string element)
    {
        var parts = resource.GetProperty(element).GetProperty("reference").GetString()!.Split('/');
        return server.Store.Read(parts[0], parts[1]) is not null;
    }

    private static async Task<string> HashAsync(SandboxOptions options)
    {
        await using var server = await SandboxServer.StartAsync(options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var type in server.Store.Types)
        {
            foreach (var id in server.Store.Ids(type))
                hash.AppendData(server.Store.Read(type, id)!);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
