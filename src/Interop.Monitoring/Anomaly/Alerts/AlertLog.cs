using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Interop.Anomaly.Alerts;

/// <summary>The log file of alerts: one JSON line each. One per process; sources take turns.</summary>
public sealed class AlertLog(IOptions<AlertOptions> options)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Lock _turn = new();

    /// <summary>The file, as the settings name it.</summary>
    public string Path => options.Value.LogFile;

    /// <summary>Appends the alerts. When it returns, they are on the disk.</summary>
    /// <exception cref="IOException">The file cannot be written; a part of the alerts may be in it.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    public void Append(IReadOnlyList<Alert> alerts)
    {
        if (Path.Length == 0)
            throw new IOException("the settings name no log file any more");
        lock (_turn)
        {
            var file = new FileInfo(Path);
            Directory.CreateDirectory(file.DirectoryName!);
            if (file.Exists && file.Length > options.Value.LogMebibytes * 1024L * 1024)
                file.MoveTo($"{file.FullName}.1", overwrite: true);
            using var stream = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var lines = new StringBuilder(EndsInLine(stream) ? "" : "\n");
            foreach (var alert in alerts)
                lines.Append(Line(alert)).Append('\n');
            stream.Seek(0, SeekOrigin.End);
            stream.Write(Encoding.UTF8.GetBytes(lines.ToString()));
            stream.Flush(flushToDisk: true);
        }
    }

    /// <summary>False: a full disk or a crash has cut off the last line.</summary>
    private static bool EndsInLine(FileStream stream)
    {
        if (stream.Length == 0)
            return true;
        stream.Seek(-1, SeekOrigin.End);
        return stream.ReadByte() == '\n';
    }

    private static string Line(Alert alert) =>
        JsonSerializer.Serialize(
            new
            {
                alert.Id,
                Timestamp = alert.Time,
                alert.Source,
                alert.Agent,
                alert.Patient,
                alert.Action,
                alert.Severity,
                Score = alert.Score is { } score ? Math.Round(score, 4) : (double?)null,
                Rarity = alert.Share is { } share ? $"1 in {Math.Round(1 / share):N0}" : null,
                alert.PredictedClass,
                Reasons = AlertJson.Texts(alert.Reasons),
                alert.ModelVersion,
            },
            Json
        );
}
