namespace Interop.Api.Tests.Telemetry;

/// <summary>An empty folder that is gone with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("interop-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
