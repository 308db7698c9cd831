using Microsoft.Extensions.Hosting;

namespace Orleans.Hosting;

/// <summary>Starts and stops the silo with its host.</summary>
internal sealed class SiloHostedService(LocalSilo silo) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => silo.StartAsync();

    public Task StopAsync(CancellationToken cancellationToken) => silo.StopAsync(cancellationToken);
}
