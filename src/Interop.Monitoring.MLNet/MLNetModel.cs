using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Interop.Anomaly.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Interop.Anomaly.MLNet;

/// <summary>
/// The anomaly model as a pipeline of Microsoft.ML: normalization, randomized PCA, and the isolation forest as a custom step. The score is
/// the forest's plus the logarithm of the PCA's absolute reconstruction error, in units of its standard deviation and with a small weight.
/// Rows are scored in batches by a shared transformer, which several threads may use; a shared PredictionEngine may not be.
/// </summary>
public sealed class MLNetModel : IAnomalyModel
{
    private const int FormatVersion = 1;
    private const int MostComponents = 20;
    private const int MostZipBytes = 256 * 1024 * 1024;
    private const string ForestEntry = "interop/forest.bin";
    private const string KindEntry = "interop/kind.txt";
    private static readonly byte[] Magic = "MLN1"u8.ToArray();
    private ForestModel? _forest;
    private MLContext? _context;
    private ITransformer? _pipeline;
    private DataViewSchema? _schema;
    private PcaResidual? _residual;
    private float _residualMean;
    private float _residualScale = 1;

    public string Kind => "mlnet";

    public IReadOnlyList<FeatureColumn> Columns => _forest?.Columns ?? [];

    /// <summary>How much the reconstruction error counts beside the forest.</summary>
    internal float ResidualWeight { get; init; } = 0.25f;

    /// <summary>Which part of the score to give, to compare the parts.</summary>
    internal bool UsesForest { get; init; } = true;

    public void Train(FeatureTable rows, TrainingOptions options, CancellationToken cancellationToken = default)
    {
        if (rows.Count < 2)
            throw new ArgumentException($"A model needs at least two rows, not {rows.Count}", nameof(rows));
        if (_pipeline is not null)
            throw new InvalidOperationException("This model is already trained");
        var context = new MLContext(options.Seed);
        var forest = new ForestEstimator(context, rows.Columns, options, cancellationToken);
        var data = FeatureRows.ToDataView(context, rows);
        // As many components as columns leave no error, and the trainer gives NaN.
        var rank = Math.Clamp(rows.Columns.Count / 2, 1, MostComponents);
        IEstimator<ITransformer> steps = context.Transforms.NormalizeMeanVariance(
            FeatureRows.Normalized,
            FeatureRows.Features,
            fixZero: false
        );
        if (rows.Columns.Count > 1)
            steps = steps.Append(context.AnomalyDetection.Trainers.RandomizedPca(FeatureRows.Normalized, rank: rank, seed: options.Seed));
        var pipeline = steps.Append(forest).Fit(data);
        Use(context, pipeline, forest.Forest!, data.Schema);
        cancellationToken.ThrowIfCancellationRequested();
        MeasureResiduals(rows);
    }

    public void Score(FeatureTable rows, Span<float> scores)
    {
        var i = 0;
        var residual = new float[Trained(rows.Columns.Count).Columns.Count];
        foreach (var row in Transform(rows))
            scores[i++] = (UsesForest ? row.ForestScore : 0) + (ResidualWeight * Standardised(row.Normalized, residual));
    }

    /// <summary>The forest's contributions, and the reconstruction error's, spread by each column's share of it.</summary>
    public void Explain(ReadOnlySpan<float> row, Span<float> contributions)
    {
        Trained(row.Length).Explain(row, contributions);
        if (_residual is null)
            return;
        var one = new FeatureTable(Columns, 1);
        one.Add(row);
        var residual = new float[row.Length];
        foreach (var scored in Transform(one))
        {
            var whole = ResidualWeight * Math.Max(0, Standardised(scored.Normalized, residual));
            var length = residual.Sum(r => r * r);
            for (var i = 0; i < residual.Length && length > 0; i++)
                contributions[i] += whole * residual[i] * residual[i] / length;
        }
    }

    /// <summary>The pipeline's zip with the forest beside it, and the zip's hash.</summary>
    public void Save(Stream stream)
    {
        var forest = Trained(Columns.Count);
        using var zip = new MemoryStream();
        _context!.Model.Save(_pipeline, _schema, zip);
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Update, leaveOpen: true))
        {
            using (var kind = new StreamWriter(archive.CreateEntry(KindEntry).Open()))
                kind.Write(Kind);
            using var entry = archive.CreateEntry(ForestEntry).Open();
            forest.Save(entry);
        }

        var bytes = zip.ToArray();
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(_residualMean);
        writer.Write(_residualScale);
        writer.Write(SHA256.HashData(bytes));
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    /// <inheritdoc/>
    /// <remarks>A zip may name assemblies that are loaded with it. So its hash is checked first: what was changed after the save is
    /// refused.</remarks>
    public void Load(Stream stream)
    {
        if (_pipeline is not null)
            throw new InvalidOperationException("This model is already trained");
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic) || reader.ReadInt32() != FormatVersion)
                throw new InvalidDataException($"Not a model of the kind {Kind}, version {FormatVersion}");
            (_residualMean, _residualScale) = (reader.ReadSingle(), reader.ReadSingle());
            var hash = reader.ReadBytes(SHA256.HashSizeInBytes);
            var length = reader.ReadInt32();
            if (length is < 1 or > MostZipBytes)
                throw new InvalidDataException($"The model claims a zip of {length} bytes");
            var bytes = reader.ReadBytes(length);
            if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(bytes), hash))
                throw new InvalidDataException("The model's zip does not match its hash: it was cut off or changed");
            LoadZip(bytes);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The model is cut off", e);
        }
    }

    private void LoadZip(byte[] bytes)
    {
        var forest = new ForestModel();
        using (var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read))
        {
            var entry = archive.GetEntry(ForestEntry) ?? throw new InvalidDataException("The model's zip has no forest");
            using var unpacked = new MemoryStream();
            using (var packed = entry.Open())
                packed.CopyTo(unpacked);
            unpacked.Position = 0;
            forest.Load(unpacked);
        }

        var context = new MLContext();
        context.ComponentCatalog.RegisterAssembly(typeof(ForestMapping).Assembly);
        var (pipeline, schema) = ForestMapping.WithForest(
            forest,
            () => (context.Model.Load(new MemoryStream(bytes), out var input), input)
        );
        Use(context, pipeline, forest, schema);
    }

    private void Use(MLContext context, ITransformer pipeline, ForestModel forest, DataViewSchema schema)
    {
        (_context, _pipeline, _forest, _schema) = (context, pipeline, forest, schema);
        // A loaded step names its model by a wider type than a fitted one.
        var pca = Steps(pipeline)
            .OfType<ISingleFeaturePredictionTransformer<object>>()
            .Select(step => step.Model)
            .OfType<PcaModelParameters>()
            .FirstOrDefault();
        if (pca is null && forest.Columns.Count > 1)
            throw new InvalidDataException("The pipeline has no principal components");
        _residual = pca is null ? null : new PcaResidual(pca);
    }

    private static IEnumerable<ITransformer> Steps(ITransformer pipeline) =>
        pipeline is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [pipeline];

    private void MeasureResiduals(FeatureTable rows)
    {
        if (_residual is null)
            return;
        var residual = new float[Columns.Count];
        double sum = 0,
            squares = 0;
        foreach (var row in Transform(rows))
        {
            var error = Log(row.Normalized, residual);
            sum += error;
            squares += error * (double)error;
        }

        _residualMean = (float)(sum / rows.Count);
        var variance = (squares / rows.Count) - (sum / rows.Count * (sum / rows.Count));
        _residualScale = variance > 1e-9 ? (float)Math.Sqrt(variance) : 1;
    }

    private float Standardised(float[] normalized, float[] residual) =>
        _residual is null ? 0 : (Log(normalized, residual) - _residualMean) / _residualScale;

    private float Log(float[] normalized, float[] residual) => MathF.Log(1 + _residual!.Write(normalized, residual));

    private IEnumerable<ScoredOutput> Transform(FeatureTable rows)
    {
        var scored = _pipeline!.Transform(FeatureRows.ToDataView(_context!, rows));
        var schema = SchemaDefinition.Create(typeof(ScoredOutput));
        schema[FeatureRows.Normalized].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows.Columns.Count);
        return _context!.Data.CreateEnumerable<ScoredOutput>(scored, reuseRowObject: true, schemaDefinition: schema);
    }

    private ForestModel Trained(int columns)
    {
        if (_forest is null)
            throw new InvalidOperationException("This model is not trained");
        return columns == Columns.Count
            ? _forest
            : throw new ArgumentException($"The model was trained on {Columns.Count} columns, not {columns}");
    }
}
