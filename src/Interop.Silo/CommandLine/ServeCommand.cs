using System.CommandLine;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Interop.Silo.CommandLine;

/// <summary><c>serve</c>: engine, grains and API in one process, until Ctrl+C or SIGTERM.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    public static Command Create(SettingsOptions settings)
    {
        var command = new Command("serve", "Engine, grains and API in one process (the default)");
        settings.AddTo(command, isServer: true);
        command.SetAction((parsed, token) => RunAsync(settings.Read(parsed), token));
        return command;
    }

    public static async Task<int> RunAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        await using var app = await InteropHost.CreateServerAsync(settings, cancellationToken);
        await StartAsync(app, settings, cancellationToken);
        try
        {
            await WaitAsync(cancellationToken);
            return ExitCodes.Success;
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Starts the server and prints where it listens and what it uses.</summary>
    public static async Task<Uri> StartAsync(WebApplication app, InteropSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await StartOrStopAsync(app, cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new SettingsException(
                $"port {settings.Port} of {settings.Bind} is in use{PortOwner.Describe(settings.Port)}: choose another with --port (0 takes a free one)"
            );
        }

        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Console.WriteLine($"Interop {typeof(ServeCommand).Assembly.GetName().Version?.ToString(3)} on {address} ({Engine.Description})");
        Console.WriteLine($"  database  {(settings.IsPostgres ? "PostgreSQL" : $"SQLite, {settings.DatabaseOptions.Connection}")}");
        Console.WriteLine(
            $"  sources   {(settings.Sources.Count == 0 ? "none: set FHIR_BASE_URL" : string.Join(", ", settings.Sources.Select(s => $"{s.Key} = {s.Value.BaseUrl}")))}"
        );
        Console.WriteLine($"  access    {await ServerSecurity.DescribeAsync(settings, cancellationToken)}");
        Console.WriteLine(
            settings.Role == ProcessRole.Silo
                ? $"  try       {new Uri(address, "health/ready")}"
                : $"  open      {address} (the API: {new Uri(address, "docs")})"
        );
        foreach (var line in settings.WithoutEffect)
            Console.WriteLine($"  note      {line}");
        return address;
    }

    /// <summary>Waits for Ctrl+C or SIGTERM.</summary>
    public static Task WaitAsync(CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>A start that fails stops the parts that already run, before they are disposed.</summary>
    private static async Task StartOrStopAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception)
        {
            using var limit = new CancellationTokenSource(StopTimeout);
            // The reason for the failed start is the one that matters.
            await app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
