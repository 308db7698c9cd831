using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Interop.Silo.Settings;
using Orleans.Connections.Security;

namespace Interop.Silo.Hosting;

/// <summary>
/// TLS between the processes of a cluster, in both directions: each process shows a certificate, and accepts those of one authority. The
/// names in the certificates are not compared, because silos come and go and are addressed by IP.
/// </summary>
internal sealed class ClusterTls
{
    private const string TargetHost = "interop-cluster";

    private readonly X509Certificate2 _own;
    private readonly X509Certificate2Collection _authorities;

    private ClusterTls(X509Certificate2 own, X509Certificate2Collection authorities) => (_own, _authorities) = (own, authorities);

    /// <summary>Null: the settings have no certificate.</summary>
    /// <exception cref="SettingsException">A file does not contain a certificate or key.</exception>
    public static ClusterTls? Read(InteropSettings settings)
    {
        if (settings.ClusterTlsCertificate is not { } certificate)
            return null;
        try
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPemFile(settings.ClusterTlsCa!);
            return authorities.Count == 0
                ? throw new SettingsException($"CLUSTER_TLS_CA must be a PEM file with a certificate, and {settings.ClusterTlsCa} has none")
                : new ClusterTls(X509Certificate2.CreateFromPemFile(certificate, settings.ClusterTlsKey), authorities);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(
                $"CLUSTER_TLS_CERTIFICATE, CLUSTER_TLS_KEY and CLUSTER_TLS_CA must be PEM files that belong together: {e.Message}"
            );
        }
    }

    public void Configure(TlsOptions tls)
    {
        tls.LocalCertificate = _own;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (certificate, _, _) => IsSigned(certificate);
        tls.OnAuthenticateAsClient = (_, options) => options.TargetHost = TargetHost;
    }

    private bool IsSigned(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
