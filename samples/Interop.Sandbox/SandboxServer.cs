using System.Net;
using Interop.Sandbox.Access;
using Interop.Sandbox.Control;
using Interop.Sandbox.Faults;
using Interop.Sandbox.Fhir;
using Interop.Sandbox.Mirth;
using Interop.Sandbox.OpenEmr;
using Interop.Sandbox.OpenMrs;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Interop.Sandbox;

/// <summary>A running sandbox: real HTTP on a real port, with handles for the process that it runs in.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SandboxServer(WebApplication app, Uri baseAddress)
    {
        _app = app;
        BaseAddress = baseAddress;
    }

    /// <summary>The root, with a slash at its end.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The FHIR server, with a slash at its end.</summary>
    public Uri FhirBase => new(BaseAddress, "fhir/");

    public FaultBook Faults => _app.Services.GetRequiredService<FaultBook>();

    public ResourceStore Store => _app.Services.GetRequiredService<ResourceStore>();

    /// <summary>The Bulk Data exports that clients began.</summary>
    public ExportJobs Exports => _app.Services.GetRequiredService<ExportJobs>();

    /// <summary>The token endpoint of an OpenEMR.</summary>
    public OpenEmrUpstream OpenEmr => _app.Services.GetRequiredService<OpenEmrUpstream>();

    /// <summary>A Mirth channel for patient discovery.</summary>
    public MirthUpstream Mirth => _app.Services.GetRequiredService<MirthUpstream>();

    /// <summary>An OpenMRS REST server.</summary>
    public OpenMrsUpstream OpenMrs => _app.Services.GetRequiredService<OpenMrsUpstream>();

    /// <summary>The base address of the OpenMRS server, without `/ws/rest/v1`.</summary>
    public Uri OpenMrsBase => new(BaseAddress, "openmrs");

    /// <summary>The same as `GET /sandbox/stats`.</summary>
    public SandboxStats Stats => SandboxStats.Of(Store, Faults, _app.Services.GetRequiredService<SandboxCounters>());

    /// <summary>Makes every access token that was issued so far invalid, as an upstream's restart does.</summary>
    public void RevokeTokens() => _app.Services.GetRequiredService<AccessTokens>().RevokeAll();

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidDataException">A file of the data directory is not NDJSON of FHIR resources.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var store = new ResourceStore(options);
        if (options.DataDirectory is { } directory)
            await NdjsonFiles.LoadAsync(store, directory, cancellationToken);

        // Read no environment and no files: in a test process they configure the system under test.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(options.Host), options.Port));
        // A failed start is thrown to the caller
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder
            .Services.AddRoutingCore()
            .AddSingleton<IHostLifetime, EmbeddedLifetime>()
            .AddSingleton(options)
            .AddSingleton(store)
            .AddSingleton(new FaultBook(options.Time))
            .AddSingleton<ResultSnapshots>()
            .AddSingleton<SandboxCounters>()
            .AddSingleton<AccessTokens>()
            .AddSingleton(new OpenEmrUpstream(options.Time))
            .AddSingleton<MirthUpstream>()
            .AddSingleton<OpenMrsUpstream>()
            .AddSingleton<SearchEndpoints>()
            .AddSingleton<ExportJobs>()
            .AddSingleton<ExportEndpoints>()
            .AddSingleton<ConditionalMatch>()
            .AddSingleton<TransactionEndpoint>()
            .AddSingleton<ResourceEndpoints>();

        var app = builder.Build();
        var counters = app.Services.GetRequiredService<SandboxCounters>();
        app.Use(
            (context, next) =>
            {
                counters.Requested();
                return next(context);
            }
        );
        app.UseMiddleware<FaultMiddleware>();
        if (options.Access is { } access)
            app.UseMiddleware<AccessMiddleware>(access);
        app.UseRouting();
        app.MapFhir();
        app.MapOpenEmr();
        app.MapMirth();
        app.MapOpenMrs();
        if (options.Access is not null)
            app.MapAccess(options.Access);
        app.MapControl();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new SandboxServer(app, new Uri(address.TrimEnd('/') + "/"));
    }

    /// <summary>Serves until the token is cancelled.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Leaves Ctrl+C and SIGTERM to the program that hosts the sandbox; the default lifetime would handle them.</summary>
    private sealed class EmbeddedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
