using System.Text;
using Interop.Fhir.Client;
using Interop.Sandbox;

namespace Interop.Fhir.Tests.Client;

/// <summary>The write client against the sandbox's FHIR server.</summary>
public sealed class SandboxWriteTests : IAsyncLifetime, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private SandboxServer _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 1, BadShare = 0 });

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    public void Dispose() => _http.Dispose();

    private FhirWriteClient Client => new(_http, new FhirClientOptions(_sandbox.FhirBase), null, TimeProvider.System);

    private static byte[] Patient(string identifier, string family, string? id = null) =>
        Encoding.UTF8.GetBytes(
            $$"""{"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"identifier":[{"system":"urn:test","value":"{{identifier}}"}],"name":[{"family":"{{family}}"}]}"""
        );

    [Fact]
    public async Task A_resource_is_created_once_updated_and_guarded_by_its_version()
    {
        const string Condition = "identifier=urn:test|c1";
        var created = await Client.CreateAsync("Patient", Patient("c1", "A"), Condition, default);
        var again = await Client.CreateAsync("Patient", Patient("c1", "A"), Condition, default);
        Assert.Equal((FhirWriteOutcome.Created, FhirWriteOutcome.AlreadyThere), (created.Outcome, again.Outcome));
        Assert.Equal(created.Id, again.Id);

        var updated = await Client.UpdateAsync("Patient", created.Id!, Patient("c1", "B", created.Id), created.VersionId, default);
        Assert.Equal(FhirWriteOutcome.Updated, updated.Outcome);
        Assert.NotEqual(created.VersionId, updated.VersionId);
        Assert.Equal(
            FhirWriteOutcome.Conflict,
            (await Client.UpdateAsync("Patient", created.Id!, Patient("c1", "C", created.Id), created.VersionId, default)).Outcome
        );
        Assert.Equal(created.Id, (await Client.UpdateAsync("Patient", "identifier=urn:test%7Cc1", Patient("c1", "D"), default)).Id);
    }

    [Fact]
    public async Task A_transaction_is_applied_and_can_be_repeated()
    {
        var bundle = Encoding.UTF8.GetBytes(
            """
            {"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
              "resource":{"resourceType":"Patient","identifier":[{"system":"urn:test","value":"t1"}]},"request":{"method":"PUT","url":"Patient?identifier=urn:test%7Ct1"}}]}
            """
        );
        var first = await Client.TransactionAsync(bundle, isRepeatable: true, default);
        var second = await Client.TransactionAsync(bundle, isRepeatable: true, default);

        Assert.Equal(FhirWriteOutcome.Applied, first.Outcome);
        Assert.Equal(FhirWriteOutcome.Created, Assert.Single(first.Entries).Outcome);
        Assert.Equal(first.Entries[0].Id, Assert.Single(second.Entries).Id);
    }

    [Fact]
    public async Task A_resource_that_the_server_refuses_is_rejected_with_its_reason()
    {
        var result = await Client.UpdateAsync("Patient", "x1", """{"resourceType":"Observation","id":"x1"}"""u8.ToArray(), null, default);

        Assert.Equal(FhirWriteOutcome.Rejected, result.Outcome);
        Assert.NotEmpty(result.Reason!);
    }
}
