using System.Globalization;
using System.Text.RegularExpressions;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Tm2;

/// <summary>The columns of a TM2 file and the rules of a record.</summary>
internal sealed partial class Tm2Format(TimeProvider time) : FileFormat
{
    private const int MostNameCharacters = 200;
    private static readonly string[] DateFormats =
    [
        "yyyy-MM-dd",
        "yyyy/MM/dd",
        "yyyyMMdd",
        "dd MMM yyyy",
        "d MMM yyyy",
        "MMM d, yyyy",
        "d MMMM yyyy",
        "MMMM d, yyyy",
        "dd-MMM-yyyy",
        "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd HH:mm:ss",
    ];
    private static readonly string[] NumericDateFormats =
    [
        "dd/MM/yyyy",
        "d/M/yyyy",
        "dd-MM-yyyy",
        "dd.MM.yyyy",
        "MM/dd/yyyy",
        "M/d/yyyy",
        "MM-dd-yyyy",
        "MM.dd.yyyy",
    ];

    private static readonly Dictionary<string, string> Systems = Fold(
        ("Ayurveda", ["ayurveda", "ayurvedic"]),
        ("Siddha", ["siddha"]),
        ("Unani", ["unani", "yunani"]),
        ("Homeopathy", ["homeopathy", "homoeopathy", "homeopathic"]),
        ("Traditional Chinese Medicine", ["traditional chinese medicine", "tcm", "chinese medicine"]),
        ("Naturopathy", ["naturopathy", "naturopathic"]),
        ("Yoga", ["yoga"])
    );

    private static readonly Dictionary<string, string> Severities = Fold(
        ("Mild", ["mild", "light", "low"]),
        ("Moderate", ["moderate", "medium"]),
        ("Severe", ["severe", "high", "serious"]),
        ("Critical", ["critical", "very severe", "life threatening", "life-threatening"])
    );

    [GeneratedRegex("^[A-Za-z0-9_-]{1,50}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern { get; }

    [GeneratedRegex(@"^TM2(\.[A-Z0-9]+)+$", RegexOptions.CultureInvariant)]
    private static partial Regex DocumentedCode { get; }

    // The stem codes of ICD-11 MMS chapter 26, module II, lie between SK00 and ST2Z; a stem may have an extension.
    [GeneratedRegex(@"^S[KLMNPQRST][0-9A-Z][0-9A-Z](\.[0-9A-Z]{1,2})?$", RegexOptions.CultureInvariant)]
    private static partial Regex ModuleCode { get; }

    public override IReadOnlyList<FormatColumn> Columns { get; } =
    [
        new("patient_id"),
        new("tm2_code"),
        new("condition_name"),
        new("system_type"),
        new("severity"),
        new("diagnosis_date"),
        new("practitioner_id"),
    ];

    public override string InitialStatus => RowStatus.Received;

    public override string? Problem(string[] fields) => Read(fields, out var problem) is null ? problem : null;

    /// <summary>The record, or null and what is wrong with it.</summary>
    public Tm2Record? Read(string[] fields, out string? problem)
    {
        problem = null;
        if (!IdPattern.IsMatch(fields[0]))
            return Refuse("patient_id must have 1 to 50 letters, digits, - or _", out problem);
        var code = fields[1].ToUpperInvariant();
        if (!IsCode(code))
            return Refuse("tm2_code must have the form TM2.XX or be an ICD-11 code from SK00 to ST2Z", out problem);
        if (fields[2].Length is 0 or > MostNameCharacters)
            return Refuse($"condition_name must have 1 to {MostNameCharacters} characters", out problem);
        if (ParseDate(fields[5]) is not { } date)
            return Refuse("diagnosis_date is not a date, or it is ambiguous; use yyyy-MM-dd", out problem);
        if (date > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime))
            return Refuse("diagnosis_date lies in the future", out problem);
        if (!IdPattern.IsMatch(fields[6]))
            return Refuse("practitioner_id must have 1 to 50 letters, digits, - or _", out problem);
        return new Tm2Record(
            fields[0].ToUpperInvariant(),
            code,
            fields[2],
            Systems.GetValueOrDefault(ColumnName.Fold(fields[3]), "Other"),
            Severities.GetValueOrDefault(ColumnName.Fold(fields[4]), "Unknown"),
            date,
            fields[6].ToUpperInvariant()
        );
    }

    internal static bool IsCode(string code) =>
        code.Length <= 20
        && (
            DocumentedCode.IsMatch(code)
            || (ModuleCode.IsMatch(code) && string.CompareOrdinal(code, "SK00") >= 0 && string.CompareOrdinal(code[..4], "ST2Z") <= 0)
        );

    /// <summary>Null when the text is no date, or when day and month could be exchanged.</summary>
    internal static DateOnly? ParseDate(string text)
    {
        if (DateTime.TryParseExact(text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact))
            return DateOnly.FromDateTime(exact);
        var readings = new HashSet<DateOnly>();
        foreach (var format in NumericDateFormats)
        {
            if (DateOnly.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                readings.Add(date);
        }
        return readings.Count == 1 ? readings.First() : null;
    }

    private static Dictionary<string, string> Fold(params (string Name, string[] Terms)[] names) =>
        names
            .SelectMany(name => name.Terms.Select(term => (Term: ColumnName.Fold(term), name.Name)))
            .ToDictionary(pair => pair.Term, pair => pair.Name, StringComparer.Ordinal);

    private static Tm2Record? Refuse(string reason, out string? problem)
    {
        problem = reason;
        return null;
    }
}
