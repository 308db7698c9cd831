using System.CommandLine;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Interop.Silo.CommandLine;

/// <summary><c>serve</c>: engine, grains and API in one process, until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(SettingsOptions settings)
    {
        var command = new Command("serve", "Engine, grains and API in one process (the default)");
        command.SetAction((parsed, token) => RunAsync(settings.Read(parsed), token));
        return command;
    }

    public static async Task<int> RunAsync(InteropSettings settings, CancellationToken cancellationToken)
    {
        await using var app = await InteropHost.CreateServerAsync(settings, cancellationToken);
        await StartAsync(app, settings, cancellationToken);
        await WaitAsync(app, cancellationToken);
        return 0;
    }

    /// <summary>Starts and says what runs where.</summary>
    public static async Task<Uri> StartAsync(WebApplication app, InteropSettings settings, CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Console.WriteLine($"Interop {typeof(ServeCommand).Assembly.GetName().Version?.ToString(3)} on {address} ({Engine.Description})");
        Console.WriteLine($"  database  {(settings.IsPostgres ? "PostgreSQL" : $"SQLite, {settings.DatabaseOptions.Connection}")}");
        Console.WriteLine($"  sources   {(settings.Sources.Count == 0 ? "none: set FHIR_BASE_URL" : string.Join(", ", settings.Sources.Select(s => $"{s.Key} = {s.Value.BaseUrl}")))}");
        Console.WriteLine($"  access    {ServerSecurity.Describe(settings)}");
        Console.WriteLine($"  try       {new Uri(address, "docs")}");
        foreach (var line in settings.WithoutEffect)
            Console.WriteLine($"  note      {line}");
        return address;
    }

    /// <summary>Until Ctrl+C or SIGTERM; then runs are put down where they are, to be taken up at the next start.</summary>
    public static async Task WaitAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None);
        }
    }
}
