using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>A silo of a test cluster.</summary>
public class InProcessSiloHandle
{
    internal InProcessSiloHandle(IHost host, string name)
    {
        SiloHost = host;
        Name = name;
        Silo = host.Services.GetRequiredService<LocalSilo>();
    }

    public IHost SiloHost { get; }

    public IServiceProvider ServiceProvider => SiloHost.Services;

    public string Name { get; }

    public SiloAddress SiloAddress => Silo.Context.Address;

    public bool IsActive => Silo.Context.Status == SiloStatus.Active;

    internal LocalSilo Silo { get; }

    /// <param name="stopGracefully">False: ends the silo as a crash does, without OnDeactivateAsync.</param>
    public async Task StopSiloAsync(bool stopGracefully)
    {
        if (!stopGracefully)
            Silo.Kill();
        await SiloHost.StopAsync();
        SiloHost.Dispose();
    }
}
