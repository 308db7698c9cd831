using System.Globalization;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Exporting;

/// <summary>The folders of exports: <c>run_{id}_{yyyyMMddTHHmmssZ}</c> for a run, <c>all_{...}</c> for everything.</summary>
internal sealed class ExportDirectory(IOptions<ExportOptions> options)
{
    /// <summary>Makes the folder. Its name contains nothing from a caller.</summary>
    public string Create(long? runId, DateTimeOffset at)
    {
        var stamp = at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var path = Path.Combine(options.Value.Directory, runId is null ? $"all_{stamp}" : $"run_{runId}_{stamp}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A path that no other export uses: two exports in one second get two folders.</summary>
    public string FreePath(long? runId, DateTimeOffset at, string fileName)
    {
        while (true)
        {
            var path = Path.Combine(Create(runId, at), fileName);
            if (!File.Exists(path) && !File.Exists(path + NdjsonFile.PartSuffix))
                return path;
            at = at.AddSeconds(1);
        }
    }
}
