using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Interop.Hosting;

/// <summary>
/// Creates a hosted service when it is started, not when the host is. A service that takes a folder in its constructor then comes after the
/// lease of the process, whose refusal names the process that uses the database and the folder.
/// </summary>
internal sealed class DeferredStart<T>(IServiceProvider services) : IHostedService
    where T : class, IHostedService
{
    private T? _started;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _started = services.GetRequiredService<T>();
        return _started.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _started?.StopAsync(cancellationToken) ?? Task.CompletedTask;
}
