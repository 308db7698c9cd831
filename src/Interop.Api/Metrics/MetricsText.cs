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
    private static readonly string[] Meters = ["Interop.", "Microsoft.AspNetCore.", "System.Net.Http", "System.Runtime", "Npgsql"];
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Metric> _metrics = new();

    /// <summary>All instruments of one name: two hosts in a process (the demo has two) have each their own, and a name may appear once.</summary>
    private sealed record Metric(Instrument Instrument, ConcurrentDictionary<string, Series> Series);

    /// <summary>One combination of tag values.</summary>
    private sealed class Series
    {
        public readonly Lock Lock = new();
        public double Sum;
        public long Count;
        public readonly long[] Buckets = new long[Bounds.Length];
    }

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Array.Exists(Meters, m => instrument.Meter.Name.StartsWith(m, StringComparison.Ordinal)))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Record(i, value, tags));
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Record(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Record(i, value, tags));
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

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var metric = _metrics.GetOrAdd(Name(instrument), _ => new Metric(instrument, new()));
        var series = metric.Series.GetOrAdd(Labels(tags), _ => new Series());
        lock (series.Lock)
        {
            if (instrument.IsObservable || IsGauge(instrument))
            {
                series.Sum = value;
                return;
            }

            series.Sum += value;
            series.Count++;
            if (IsHistogram(instrument))
            {
                for (var i = 0; i < Bounds.Length; i++)
                    series.Buckets[i] += value <= Bounds[i] ? 1 : 0;
            }
        }
    }

    private static void Render(StringBuilder text, string name, Metric metric)
    {
        var instrument = metric.Instrument;
        var histogram = IsHistogram(instrument);
        text.Append("# HELP ").Append(name).Append(' ').AppendLine((instrument.Description ?? instrument.Name).ReplaceLineEndings(" "));
        text.Append("# TYPE ").Append(name).Append(' ').AppendLine(histogram ? "histogram" : IsCounter(instrument) ? "counter" : "gauge");
        foreach (var (labels, one) in metric.Series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            lock (one.Lock)
            {
                if (!histogram)
                {
                    Line(text, name, labels, one.Sum);
                    continue;
                }

                for (var i = 0; i < Bounds.Length; i++)
                    Line(text, name + "_bucket", With(labels, $"le=\"{Number(Bounds[i])}\""), one.Buckets[i]);
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

    private static string Identifier(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static bool IsHistogram(Instrument i) => Is(i, typeof(Histogram<>));

    private static bool IsGauge(Instrument i) => Is(i, typeof(Gauge<>));

    private static bool IsCounter(Instrument i) => Is(i, typeof(Counter<>)) || Is(i, typeof(ObservableCounter<>));

    private static bool Is(Instrument instrument, Type kind) =>
        instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == kind;
}
