using System.IO.Compression;
using System.Text;
using Interop.Fhir.Files;

namespace Interop.Fhir.Tests.Files;

public sealed class GunzipStreamTests
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{\"id\":\"{i * 7919 % 104729}\"}}\n"));

    [Fact]
    public async Task Gzip_is_expanded_also_when_it_has_several_members()
    {
        Assert.Equal(Text, await ReadAsync(Gzip(Text)));
        Assert.Equal(Text + Text, await ReadAsync([.. Gzip(Text), .. Gzip(Text)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(1000)]
    public async Task Data_that_ends_early_is_refused(int missing)
    {
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(Gzip(Text)[..^missing]));

        Assert.Contains("ends early", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_expands_beyond_measure_is_not_read_to_its_end()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var blank = new byte[1024 * 1024];
            for (var i = 0; i < 400; i++)
                await gzip.WriteAsync(blank);
        }

        compressed.Position = 0;
        await using var stream = new GunzipStream(compressed);

        var e = await Assert.ThrowsAsync<InvalidDataException>(() => stream.CopyToAsync(Stream.Null));

        Assert.Contains("expands to more than 250 times its size", e.Message, StringComparison.Ordinal);
        Assert.True(stream.Position < 300L * 1024 * 1024, "it was read on");
    }

    [Fact]
    public async Task Text_that_is_not_gzip_stays_as_it_is()
    {
        foreach (var text in (string[])["", "{", Text])
        {
            await using var stream = await GunzipStream.ExpandAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), default);
            using var reader = new StreamReader(stream);
            Assert.Equal(text, await reader.ReadToEndAsync());
        }
    }

    private static async Task<string> ReadAsync(byte[] compressed)
    {
        await using var stream = await GunzipStream.ExpandAsync(new MemoryStream(compressed), default);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static byte[] Gzip(string text)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return compressed.ToArray();
    }
}
