using System.Security.Claims;
using Interop.Dashboard.Access;
using Interop.Patients;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Interop.Dashboard.Tests.Access;

/// <summary>Addresses of patients' pages.</summary>
public sealed class PatientLinksTests
{
    private static readonly PatientKey Patient = new("clinic", "pat-4711");
    private readonly EphemeralDataProtectionProvider _protection = new();

    [Fact]
    public async Task An_address_leads_its_user_to_the_patient_and_does_not_contain_the_id()
    {
        var path = await Links("ada", "s1").ToAsync(Patient);

        Assert.StartsWith("/patients/", path, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", path, StringComparison.Ordinal);
        Assert.DoesNotContain("clinic", path, StringComparison.Ordinal);
        Assert.Equal(Patient, await Links("ada", "s1").ReadAsync(KeyOf(path)));
    }

    [Fact]
    public async Task Two_addresses_of_one_patient_differ() =>
        Assert.NotEqual(await Links("ada", "s1").ToAsync(Patient), await Links("ada", "s1").ToAsync(Patient));

    [Theory]
    [InlineData("eve", "s1")]
    [InlineData("ada", "s2")]
    public async Task In_another_session_an_address_leads_nowhere(string user, string stamp)
    {
        var path = await Links("ada", "s1").ToAsync(Patient);

        Assert.Null(await Links(user, stamp).ReadAsync(KeyOf(path)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pat-4711")]
    [InlineData("CfDJ8AAAA")]
    public async Task A_text_that_is_no_key_leads_nowhere(string key) => Assert.Null(await Links("ada", "s1").ReadAsync(key));

    [Fact]
    public async Task An_event_that_names_no_patient_has_no_address()
    {
        Assert.Null(await Links("ada", "s1").ToAsync("clinic", null));
        Assert.Null(await Links("ada", "s1").ToAsync("clinic", "Group/1"));
        Assert.Equal(Patient, await Links("ada", "s1").ReadAsync(KeyOf((await Links("ada", "s1").ToAsync("clinic", "Patient/pat-4711"))!)));
    }

    [Theory]
    [InlineData("/patients/CfDJ8", "/patients")]
    [InlineData("/patients", "/patients")]
    [InlineData("/alerts/clinic-7", "/alerts/clinic-7")]
    public void The_audit_trail_has_the_path_without_the_key(string path, string audited) =>
        Assert.Equal(audited, PatientLinks.WithoutKey(path));

    private PatientLinks Links(string user, string stamp) => new(_protection, new CurrentUser(new SignedIn(user, stamp), null!));

    private static string KeyOf(string path) => path["/patients/".Length..];

    private sealed class SignedIn(string name, string stamp) : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() =>
            Task.FromResult(
                new AuthenticationState(
                    new ClaimsPrincipal(
                        new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(CurrentUser.StampClaim, stamp)], "test")
                    )
                )
            );
    }
}
