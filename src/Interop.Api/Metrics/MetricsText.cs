using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Interop.Api.Metrics;

/// <summary>
/// Listens to the process's meters and renders them in the Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). The OpenTelemetry exporter for it has never left beta.
/// </summary>
public sealed class MetricsText : IDisposable
{
    private static readonly string[] Meters =
    [
        "Interop.",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.Diagnostics",
        "Microsoft.AspNetCore.Routing",
        "System.Net.Http",
        "System.Runtime",
        "Npgsql",
    ];
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Metric> _metrics = new();

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Array.Exists(Meters, m => instrument.Meter.Name.StartsWith(m, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument, _metrics.GetOrAdd(Name(instrument), _ => new Metric(instrument)));
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, metric) => ((Metric)metric!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, metric) => ((Metric)metric!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, metric) => ((Metric)metric!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured so far.</summary>
    public string Render()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var (name, metric) in _metrics.OrderBy(m => m.Key, StringComparer.Ordinal))
            Render(text, name, metric);
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Render(StringBuilder text, string name, Metric metric)
    {
        text.Append("# HELP ")
            .Append(name)
            .Append(' ')
            .AppendLine((metric.Instrument.Description ?? metric.Instrument.Name).ReplaceLineEndings(" "));
        text.Append("# TYPE ")
            .Append(name)
            .Append(' ')
            .AppendLine(
                metric.IsHistogram ? "histogram"
                : IsCounter(metric.Instrument) ? "counter"
                : "gauge"
            );
        foreach (var (labels, one) in metric.Series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            lock (one.Lock)
            {
                if (!metric.IsHistogram)
                {
                    Line(text, name, labels, one.Sum);
                    continue;
                }

                var count = 0L;
                for (var i = 0; i < Bounds.Length; i++)
                    Line(text, name + "_bucket", With(labels, $"le=\"{Number(Bounds[i])}\""), count += one.Buckets[i]);
                Line(text, name + "_bucket", With(labels, "le=\"+Inf\""), one.Count);
                Line(text, name + "_sum", labels, one.Sum);
                Line(text, name + "_count", labels, one.Count);
            }
        }
    }

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(Number(value)).Append('\n');

    private static string With(string labels, string label) => labels.Length == 0 ? label : $"{labels},{label}";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Name(Instrument instrument)
    {
        var name = Identifier(instrument.Name);
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return name + unit + (IsCounter(instrument) ? "_total" : "");
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new List<string>(tags.Length);
        foreach (var (key, value) in tags)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Add($"{Identifier(key)}=\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"");
        }

        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string Identifier(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static bool IsCounter(Instrument i) => Is(i, typeof(Counter<>)) || Is(i, typeof(ObservableCounter<>));

    private static bool Is(Instrument instrument, Type kind) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == kind;

    /// <summary>
    /// All instruments of one name: each host in a process has its own (the demo has two hosts), and a name may appear once. The server
    /// makes several measurements per request, so a measurement finds its series without formatting labels.
    /// </summary>
    private sealed class Metric
    {
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _known = new(TagsComparer.Instance);
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series>.AlternateLookup<
            ReadOnlySpan<KeyValuePair<string, object?>>
        > _byTags;
        private readonly bool _replaces;

        public Metric(Instrument instrument)
        {
            Instrument = instrument;
            IsHistogram = Is(instrument, typeof(Histogram<>));
            _replaces = instrument.IsObservable || Is(instrument, typeof(Gauge<>));
            _byTags = _known.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        }

        public Instrument Instrument { get; }

        public bool IsHistogram { get; }

        /// <summary>By labels, as they are rendered.</summary>
        public ConcurrentDictionary<string, Series> Series { get; } = new();

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (!_byTags.TryGetValue(tags, out var series))
                _known.TryAdd(tags.ToArray(), series = Series.GetOrAdd(Labels(tags), _ => new Series()));
            lock (series.Lock)
            {
                if (_replaces)
                {
                    series.Sum = value;
                    return;
                }

                series.Sum += value;
                series.Count++;
                if (IsHistogram && BucketOf(value) is var bucket and >= 0)
                    series.Buckets[bucket]++;
            }
        }

        /// <summary>The index of the first bucket whose bound the value does not exceed; -1 when it exceeds all bounds.</summary>
        private static int BucketOf(double value)
        {
            for (var i = 0; i < Bounds.Length; i++)
            {
                if (value <= Bounds[i])
                    return i;
            }

            return -1;
        }
    }

    /// <summary>One combination of tag values.</summary>
    private sealed class Series
    {
        public readonly Lock Lock = new();
        public double Sum;
        public long Count;
        public readonly long[] Buckets = new long[Bounds.Length];
    }

    /// <summary>The same tags in the same order.</summary>
    private sealed class TagsComparer
        : IEqualityComparer<KeyValuePair<string, object?>[]>,
            IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagsComparer Instance = new();

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.ToArray();

        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) => Equals(x.AsSpan(), y!);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> tags, KeyValuePair<string, object?>[] other)
        {
            if (tags.Length != other.Length)
                return false;
            for (var i = 0; i < other.Length; i++)
            {
                if (!string.Equals(tags[i].Key, other[i].Key, StringComparison.Ordinal) || !Equals(tags[i].Value, other[i].Value))
                    return false;
            }

            return true;
        }

        public int GetHashCode(KeyValuePair<string, object?>[] tags) => GetHashCode(tags.AsSpan());

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = tags.Length;
            foreach (var (_, value) in tags)
                hash = hash * 31 + (value?.GetHashCode() ?? 0);
            return hash;
        }
    }
}
