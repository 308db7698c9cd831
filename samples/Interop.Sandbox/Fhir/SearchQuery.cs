using System.Text;
using Microsoft.Extensions.Primitives;

namespace Interop.Sandbox.Fhir;

/// <summary>A parsed search.</summary>
internal sealed record SearchQuery
{
    public required string Type { get; init; }

    public required VersionFilter Filter { get; init; }

    public required int Count { get; init; }

    public int Offset { get; init; }

    public bool IsDescending { get; init; }

    public bool OnlyCount { get; init; }

    public bool HasTotal { get; init; } = true;

    public bool IncludesPatients { get; init; }

    /// <summary>Parameters that are not supported; the answer lists them in an OperationOutcome entry.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <summary>The parameters that were understood, for the `self` link; without `_count` and `_offset`.</summary>
    public required string Understood { get; init; }

    public static SearchQuery Parse(string type, IQueryCollection parameters, ResourceStore store, SandboxOptions options, bool isStrict)
    {
        var ignored = new List<string>();
        var understood = new StringBuilder();
        var lastUpdated = new List<LastUpdatedCondition>();
        int[]? resources = null;
        int? patient = null,
            count = null;
        var offset = 0;
        bool isDescending = false,
            onlyCount = false,
            hasTotal = true,
            includesPatients = false;
        foreach (var (name, values) in parameters)
        {
            foreach (var value in values)
            {
                if (string.IsNullOrEmpty(value))
                    continue;
                var isUnderstood = true;
                switch (name)
                {
                    case "_count":
                        count = Number(name, value);
                        continue;
                    case "_offset" when options.Paging == PagingMode.Live:
                        offset = Number(name, value);
                        continue;
                    case "_format" when value is "json" or "application/json" or "application/fhir+json" or "application/fhir json":
                    case "_repeated":
                        continue;
                    case "_format":
                        throw new FhirError(406, "not-supported", $"This server writes JSON, not {value}.");
                    case "_sort" when value is "_lastUpdated" or "-_lastUpdated":
                        isDescending = value[0] == '-';
                        break;
                    case "_lastUpdated":
                        lastUpdated.Add(
                            LastUpdatedCondition.TryParse(value, out var condition)
                                ? condition
                                : throw FhirError.Invalid(
                                    $"_lastUpdated={value} is not a date with a supported prefix (eq, ne, gt, lt, ge, le, sa, eb)."
                                )
                        );
                        break;
                    case "_id":
                        var found = value.Split(',').Select(id => store.Find(type)?.Find(id) ?? -1).ToArray();
                        resources = resources is null ? found : [.. resources.Intersect(found)];
                        break;
                    case "identifier":
                        var identified = value
                            .Split(',')
                            .SelectMany(key => store.Find(type)?.FindByIdentifier(key.StartsWith('|') ? key[1..] : key) ?? [])
                            .ToArray();
                        resources = resources is null ? identified : [.. resources.Intersect(identified)];
                        break;
                    case "patient" or "subject" when type != "Patient":
                        // All subjects are patients: "subject=Group/1" matches nothing.
                        var key = store.Patients.Of(value.Contains('/') ? ResourceText.PatientId(value) ?? "" : value);
                        patient = patient is null || patient == key ? key : PatientKeys.NeverWritten - 1;
                        break;
                    case "_summary" when value is "count" or "false":
                        onlyCount = value == "count";
                        break;
                    case "_total" when value is "none" or "estimate" or "accurate":
                        hasTotal = value != "none";
                        break;
                    case "_include"
                        when type != "Patient"
                            && (value == $"{type}:subject" || value == $"{type}:patient" || value == $"{type}:subject:Patient"):
                        includesPatients = true;
                        break;
                    default:
                        isUnderstood = false;
                        break;
                }
                if (isUnderstood)
                    understood
                        .Append(understood.Length == 0 ? "" : "&")
                        .Append(Uri.EscapeDataString(name))
                        .Append('=')
                        .Append(Uri.EscapeDataString(value));
                else
                    ignored.Add($"{name}={value} is not supported by this server and was ignored.");
            }
        }
        if (isStrict && ignored.Count > 0)
            throw new FhirError(
                400,
                "not-supported",
                string.Join(' ', ignored.Select(text => text.Replace(" and was ignored", "", StringComparison.Ordinal)))
            );
        return new SearchQuery
        {
            Type = type,
            Filter = new VersionFilter
            {
                Resources = resources,
                Patient = patient,
                LastUpdated = lastUpdated,
            },
            Count = Math.Clamp(count ?? options.DefaultCount, 1, options.MaxCount),
            Offset = offset,
            IsDescending = isDescending,
            OnlyCount = onlyCount || count == 0,
            HasTotal = hasTotal,
            IncludesPatients = includesPatients,
            Ignored = ignored,
            Understood = understood.ToString(),
        };
    }

    internal static int Number(string name, StringValues value) =>
        int.TryParse(value.ToString(), out var number) && number >= 0
            ? number
            : throw FhirError.Invalid($"{name}={value} is not a number.");
}
