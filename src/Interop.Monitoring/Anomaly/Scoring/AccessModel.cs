using System.Text;
using Interop.Anomaly.Features;
using Interop.Anomaly.Models;

namespace Interop.Anomaly.Scoring;

/// <summary>A trained model of accesses with its calibration: the content of a version in the table <c>anomaly_models</c>.</summary>
public sealed class AccessModel
{
    private const int FormatVersion = 1;

    private AccessModel(string version, IAnomalyModel model, ScoreCalibration calibration) =>
        (Version, Model, Calibration) = (version, model, calibration);

    /// <summary>The version, which is stored with every score.</summary>
    public string Version { get; }

    public IAnomalyModel Model { get; }

    public ScoreCalibration Calibration { get; }

    /// <summary>How models of accesses are trained. The tails count most, because a forest rates every rare combination as an anomaly, also
    /// a harmless one.</summary>
    public static TrainingOptions DefaultOptions { get; } = new(TailWeight: 4);

    /// <summary>Trains on the features of accesses and calibrates on the same rows.</summary>
    public static AccessModel Train(
        string version,
        FeatureTable rows,
        TrainingOptions options,
        Func<IAnomalyModel> create,
        CancellationToken cancellationToken = default
    )
    {
        var model = create();
        model.Train(rows, options, cancellationToken);
        var scores = new float[rows.Count];
        model.Score(rows, scores);
        return new AccessModel(version, model, ScoreCalibration.Fit(scores));
    }

    /// <summary>The saved form.</summary>
    public byte[] Save()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(FormatVersion);
            writer.Write(Model.Kind);
            Calibration.Save(writer);
        }

        Model.Save(stream);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a saved model of the created kind, or one with other features than this
    /// program's.</exception>
    public static AccessModel Load(string version, byte[] saved, Func<IAnomalyModel> create)
    {
        var stream = new MemoryStream(saved);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        var model = create();
        try
        {
            if (reader.ReadInt32() is var format && format != FormatVersion)
                throw new InvalidDataException($"The model {version} has the format {format}; this program reads {FormatVersion}");
            if (reader.ReadString() is var kind && kind != model.Kind)
                throw new InvalidDataException($"The model {version} is of the kind {kind}; this program is built with {model.Kind}");
            var calibration = ScoreCalibration.Load(reader);
            model.Load(stream);
            return model.Columns.Count == FeatureCatalog.Count
                ? new AccessModel(version, model, calibration)
                : throw new InvalidDataException(
                    $"The model {version} has {model.Columns.Count} features, this program {FeatureCatalog.Count}: train a new one"
                );
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"The model {version} is cut off", e);
        }
    }
}
