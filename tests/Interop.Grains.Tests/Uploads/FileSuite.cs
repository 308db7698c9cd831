using System.Text;
using Interop.Grains.Tests.Support;
using Interop.Sandbox;
using Interop.Storage;
using Interop.TestServers;
using Interop.Uploads;
using Interop.Uploads.Running;
using Interop.Uploads.Tm2;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Interop.Grains.Tests.Uploads;

/// <summary>Uploaded files on a real silo, a real database and the sandbox; each test has its own.</summary>
public abstract class FileSuite(SqlDialect dialect) : IAsyncLifetime
{
    private TestDatabase _database = null!;

    private protected SandboxServer Sandbox { get; private set; } = null!;

    private protected Database Database => _database.Database;

    private protected Tm2Options Tm2 { get; private set; } = null!;

    private protected UploadOptions Uploads { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(dialect);
        Sandbox = await SandboxServer.StartAsync(new SandboxOptions { Patients = 0 });
        Tm2 = new Tm2Options
        {
            BaseUrl = Sandbox.OpenMrsBase.AbsoluteUri,
            Username = "admin",
            Password = "Admin123",
        };
        Uploads = new UploadOptions
        {
            TargetUrl = Sandbox.FhirBase.AbsoluteUri,
            RetryDelay = TimeSpan.FromMilliseconds(20),
            SilenceLimit = TimeSpan.FromMilliseconds(600),
            RequestTimeout = TimeSpan.FromSeconds(20),
        };
    }

    public async Task DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <param name="configure">Registers services before those of the feature.</param>
    /// <param name="after">Registers services that replace earlier ones.</param>
    private protected Task<TestSilo> StartAsync(Action<IServiceCollection>? configure = null, Action<IServiceCollection>? after = null) =>
        TestSilo.StartAsync(
            _database,
            new TestSiloOptions
            {
                Services = services =>
                {
                    configure?.Invoke(services);
                    services.AddSingleton(Options.Create(Uploads));
                    services.AddSingleton(Options.Create(Tm2));
                    services.AddUploads(null);
                    after?.Invoke(services);
                },
            }
        );

    private protected static Task<(Guid FileId, FileRefusal? Refusal)> SendAsync(
        TestSilo silo,
        FileKind kind,
        string text,
        string? profile = null
    ) => SendAsync(silo, kind, Encoding.UTF8.GetBytes(text), profile);

    private protected static async Task<(Guid FileId, FileRefusal? Refusal)> SendAsync(
        TestSilo silo,
        FileKind kind,
        byte[] bytes,
        string? profile = null
    )
    {
        var fileId = Guid.NewGuid();
        var file = silo.Client.GetGrain<IFileGrain>(fileId);
        if (await file.Begin(new FileRequest(kind, "file.csv", profile)) is { } refusal)
            return (fileId, refusal);
        // Small pieces: a piece may end within a character.
        foreach (var piece in bytes.Chunk(7001))
        {
            if (!await file.Append(new FileChunk(piece)))
                break;
        }
        return (fileId, await file.Complete());
    }

    private protected static async Task<FileProgress> EndAsync(TestSilo silo, Guid fileId)
    {
        FileProgress? last = null;
        await Eventually.Is(
            async () =>
                (last = await silo.Client.GetGrain<IFileGrain>(fileId).Find()) is { } progress && !FileStatus.IsActive(progress.Status),
            "the file ended"
        );
        return last!;
    }

    private protected static async Task<FileProgress> RunAsync(TestSilo silo, FileKind kind, string text)
    {
        var (fileId, refusal) = await SendAsync(silo, kind, text);
        Assert.Null(refusal);
        return await EndAsync(silo, fileId);
    }

    private protected Task<long> CountAsync(string table) =>
        Database.ReadAsync((session, token) => session.ScalarAsync<long>($"SELECT COUNT(*) FROM {table}", null, token));

    private protected static void AssertAddsUp(FileProgress p) =>
        Assert.Equal(p.Rows, p.Pending + p.Succeeded + p.Failed + p.Invalid + p.Duplicates);
}
