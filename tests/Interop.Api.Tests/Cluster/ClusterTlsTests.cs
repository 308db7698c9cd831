using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Cluster;

[Collection(ClusterProcesses.Collection)]
public sealed class ClusterTlsTests
{
    [ClusterFact]
    public async Task Processes_with_certificates_of_one_authority_form_a_cluster_and_others_cannot_join()
    {
        await using var cluster = await ClusterProcesses.CreateAsync();
        var settings = Issue(cluster, "authority");
        cluster.StartSilo("silo1", settings);
        cluster.StartSilo("silo2", settings);
        using var http = await cluster.StartFrontEnd("api", settings).ClientAsync();
        await ClusterProcesses.WaitForSilosAsync(http, 2);

        var withoutCertificate = cluster.StartSilo("silo3");
        var ofAnotherAuthority = cluster.StartSilo("silo4", Issue(cluster, "other"));
        var front = cluster.StartFrontEnd("api2");
        foreach (var silo in new[] { withoutCertificate, ofAnotherAuthority })
            await RefusedAsync(silo, "Failed to get ping responses");
        await RefusedAsync(front, "The cluster cannot be reached yet");

        // The cluster works on, and only its own silos are active.
        Assert.Equal(2, await ClusterProcesses.ActiveSilosAsync(http));
        Assert.Equal("""{"status":"ok"}""", await http.GetStringAsync("/health/ready"));
    }

    /// <summary>The process says that it cannot connect, and does not listen.</summary>
    private static async Task RefusedAsync(InteropProcess process, string reason)
    {
        await Eventually.Is(
            () =>
                process.HasExited
                || process.Output.Contains(" on http://", StringComparison.Ordinal)
                || process.Errors.Contains(reason, StringComparison.Ordinal),
            $"'{reason}' is logged"
        );
        Assert.DoesNotContain(" on http://", process.Output, StringComparison.Ordinal);
        Assert.Contains(reason, process.Errors, StringComparison.Ordinal);
    }

    /// <summary>Makes an authority and a certificate of it, as docs/operations.md does with openssl.</summary>
    private static (string Name, string Value)[] Issue(ClusterProcesses cluster, string name)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest($"CN={name}", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=silo", key, HashAlgorithmName.SHA256).Create(
            authority,
            now.AddDays(-1),
            now.AddDays(1),
            RandomNumberGenerator.GetBytes(8)
        );
        return
        [
            ("CLUSTER_TLS_CERTIFICATE", Write("pem", certificate.ExportCertificatePem())),
            ("CLUSTER_TLS_KEY", Write("key", key.ExportPkcs8PrivateKeyPem())),
            ("CLUSTER_TLS_CA", Write("ca.pem", authority.ExportCertificatePem())),
        ];

        string Write(string extension, string text)
        {
            var path = cluster.File($"{name}.{extension}");
            File.WriteAllText(path, text);
            return path;
        }
    }
}
