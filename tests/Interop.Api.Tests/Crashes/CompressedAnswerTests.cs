using System.Globalization;
using System.IO.Compression;
using Interop.Api.Tests.Support;
using Interop.TestServers;

namespace Interop.Api.Tests.Crashes;

/// <summary>An answer that is small on the wire and huge in memory.</summary>
public sealed class CompressedAnswerTests : IDisposable
{
    private const long Gibibyte = 1024 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_gzip_bomb_is_read_up_to_the_limit_and_no_further()
    {
        var written = 0L;
        var asked = 0;
        await using var server = await ScriptedServer.StartAsync(request =>
            request.IsMetadata
                ? ScriptedAnswer.NotFound
                : new ScriptedAnswer(200, "", Headers: ("Content-Encoding", "gzip"))
                {
                    WriteBody = async (body, aborted) =>
                    {
                        await using var gzip = new GZipStream(body, CompressionLevel.Fastest);
                        var zeros = new byte[1024 * 1024];
                        Interlocked.Increment(ref asked);
                        for (var sent = 0L; sent < Gibibyte; sent += zeros.Length)
                        {
                            await gzip.WriteAsync(zeros, aborted);
                            await gzip.FlushAsync(aborted);
                            Interlocked.Add(ref written, zeros.Length);
                        }
                    },
                }
        );
        await using var program = InteropProcess.Start(
            _folder.Path,
            new Dictionary<string, string>(),
            "ingest",
            "Basic",
            "--source",
            server.Base.AbsoluteUri
        );

        var peak = 0L;
        var ended = program.ExitCodeAsync();
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, PeakBytes(program.ProcessId));
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(5)));
        }

        Assert.Equal(1, await ended);
        var output = string.Join(' ', program.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.True(output.Contains("the answer is larger than 256 MiB (MaxResponseBytes)", StringComparison.Ordinal), output);
        // The count of the type and one page: what is too large is not asked for again.
        Assert.InRange(asked, 1, 2);
        Assert.InRange(written, 256 * 1024 * 1024, asked * Gibibyte);
        // The limit, and what the program needs without it.
        Assert.InRange(peak, 256 * 1024 * 1024, 640L * 1024 * 1024);
    }

    /// <summary>The most memory that the process has had so far; 0 when it has ended.</summary>
    private static long PeakBytes(int processId)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line[6..^2].Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
