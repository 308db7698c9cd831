using Interop.Storage.Connections;
using Interop.Storage.Files;

namespace Interop.Storage.Tests;

/// <summary>Files with patient data can be read by the user of the process only.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-private-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_folder_that_is_created_on_the_way_is_private()
    {
        PrivateFiles.CreateFolder(Path.Combine(_folder, "a", "b", "c"));

        foreach (var created in new[] { "a", "a/b", "a/b/c" })
            Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_folder, created)));
    }

    [Fact]
    public void A_folder_that_exists_keeps_its_mode()
    {
        var open = Directory.CreateDirectory(Path.Combine(_folder, "open"), OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead);

        PrivateFiles.CreateFolder(open.FullName);

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead, File.GetUnixFileMode(open.FullName));
    }

    [Theory]
    [InlineData(FileMode.Create)]
    [InlineData(FileMode.CreateNew)]
    [InlineData(FileMode.OpenOrCreate)]
    [InlineData(FileMode.Append)]
    public void A_file_that_is_created_is_private(FileMode mode)
    {
        var path = Path.Combine(_folder, "file");
        PrivateFiles.Open(path, new FileStreamOptions { Mode = mode, Access = FileAccess.Write }).Dispose();
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Of_many_processes_that_create_a_file_once_one_wins_and_all_read_its_content()
    {
        var path = Path.Combine(_folder, "key");

        var read = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i =>
                    Task.Run(() =>
                    {
                        PrivateFiles.CreateOnce(path, [(byte)i]);
                        return File.ReadAllBytes(path).Single();
                    })
                )
        );

        Assert.Single(read.Distinct());
        Assert.Equal([path], Directory.GetFiles(_folder));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_file_is_opened_for_reading_as_usual()
    {
        var path = Path.Combine(_folder, "file");
        using (var created = PrivateFiles.Create(path))
            created.WriteByte(7);
        using var read = PrivateFiles.Open(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read });
        Assert.Equal(7, read.ReadByte());
    }

    [Fact]
    public async Task A_SQLite_database_its_log_its_index_and_its_folder_are_private()
    {
        var path = Path.Combine(_folder, "data", "x.db");
        await using var database = DatabaseFactory.Open(new DatabaseOptions { Connection = path });
        await database.WriteAsync((session, cancellationToken) => session.ExecuteAsync("CREATE TABLE t (x)", null, cancellationToken));

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        foreach (var file in new[] { path, path + "-wal", path + "-shm" })
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
    }

    [Fact]
    public void A_write_to_a_full_device_is_recognised()
    {
        using var full = new FileStream(
            "/dev/full",
            new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Write,
                BufferSize = 0,
            }
        );
        var error = Assert.Throws<IOException>(() => full.Write([1]));

        Assert.True(DiskFull.IsReason(error));
        Assert.True(DiskFull.IsReason(new InvalidOperationException("wrapped", error)));
        Assert.False(DiskFull.IsReason(new FileNotFoundException()));
    }
}
