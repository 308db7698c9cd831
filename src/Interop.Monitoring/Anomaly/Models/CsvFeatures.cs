using System.Globalization;
using System.IO.Compression;

namespace Interop.Anomaly.Models;

/// <summary>Numeric rows of a CSV file with a header; the last column may be a label (1 = anomaly). A name that ends in .gz is
/// unpacked.</summary>
public sealed record CsvFeatures(FeatureTable Rows, bool[]? Labels)
{
    /// <exception cref="InvalidDataException">A line has another number of values than the header, or a value that is no
    /// number.</exception>
    public static CsvFeatures Read(string path)
    {
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using var reader = new StreamReader(stream);
        var header = (reader.ReadLine() ?? throw new InvalidDataException($"{path} is empty")).Split(',');
        var labelled = header[^1].Trim() == "label";
        var columns = header[..^(labelled ? 1 : 0)].Select(name => new FeatureColumn(name.Trim())).ToArray();
        var rows = new FeatureTable(columns);
        var labels = new List<bool>();
        var row = new float[columns.Length];
        var number = 1;
        while (reader.ReadLine() is { } line)
        {
            number++;
            var parts = line.Split(',');
            if (parts.Length != header.Length)
                throw new InvalidDataException($"{path}, line {number}: {parts.Length} values where the header has {header.Length}");
            for (var i = 0; i < row.Length; i++)
            {
                if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out row[i]))
                    throw new InvalidDataException($"{path}, line {number}: '{parts[i]}' in the column {columns[i].Name} is no number");
            }

            rows.Add(row);
            if (labelled)
                labels.Add(parts[^1].Trim() is "1" or "1.0");
        }

        return new CsvFeatures(rows, labelled ? [.. labels] : null);
    }
}
