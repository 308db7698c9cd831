namespace Interop.Api.Tests.Telemetry;

/// <summary>An empty folder of one test, which deletes it.</summary>
internal sealed class TestFolder
{
    public string Path { get; } = Directory.CreateTempSubdirectory("interop-").FullName;

    public void Delete() => Directory.Delete(Path, recursive: true);
}
