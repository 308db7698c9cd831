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

    /// <summary>The host of the silo.</summary>
    public IHost SiloHost { get; }

    /// <summary>The services of the silo.</summary>
    public IServiceProvider ServiceProvider => SiloHost.Services;

    /// <summary>The name of the silo.</summary>
    public string Name { get; }

    /// <summary>The address of the silo.</summary>
    public SiloAddress SiloAddress => Silo.Context.Address;

    /// <summary>Whether the silo runs.</summary>
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
