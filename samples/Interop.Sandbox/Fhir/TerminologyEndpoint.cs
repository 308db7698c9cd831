using System.Text.Json;

namespace Interop.Sandbox.Fhir;

/// <summary>
/// A small terminology server: `ConceptMap/$translate` from words of uploaded files to SNOMED CT, and `CodeSystem/$lookup` of the codes.
/// The translations carry no display, so that a client has to look it up.
/// </summary>
internal static class TerminologyEndpoint
{
    private const string TermSystem = "urn:interop:upload-term";
    private const string Snomed = "http://snomed.info/sct";

    private static readonly Dictionary<string, string> Codes = new(StringComparer.Ordinal)
    {
        ["tabagista"] = "77176002",
        ["asmatico"] = "195967001",
        ["diabetico"] = "44054006",
        ["gestante"] = "77386006",
        ["smoker"] = "77176002",
    };

    private static readonly Dictionary<string, string> Displays = new(StringComparer.Ordinal)
    {
        ["77176002"] = "Smoker",
        ["195967001"] = "Asthma",
        ["44054006"] = "Diabetes mellitus type 2",
        ["77386006"] = "Pregnancy",
    };

    public static FhirAnswer Translate(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["system"] != TermSystem || query["targetsystem"] != Snomed)
            throw new FhirError(422, "not-supported", $"Only translations from {TermSystem} to {Snomed} are known.");
        return Codes.TryGetValue(query["code"].ToString(), out var code)
            ? Answer(
                new { name = "result", valueBoolean = true },
                new
                {
                    name = "match",
                    part = new object[]
                    {
                        new { name = "equivalence", valueCode = "equivalent" },
                        new { name = "concept", valueCoding = new { system = Snomed, code } },
                    },
                }
            )
            : Answer(new { name = "result", valueBoolean = false }, new { name = "message", valueString = "No translation is known." });
    }

    public static FhirAnswer Lookup(HttpContext context)
    {
        var code = context.Request.Query["code"].ToString();
        return context.Request.Query["system"] == Snomed && Displays.TryGetValue(code, out var display)
            ? Answer(new { name = "name", valueString = "SNOMED CT" }, new { name = "display", valueString = display })
            : throw new FhirError(404, "not-found", $"The code {code} is not known.");
    }

    private static FhirAnswer Answer(params object[] parameter)
    {
        var answer = new FhirAnswer();
        answer.Body.Append(JsonSerializer.SerializeToUtf8Bytes(new { resourceType = "Parameters", parameter }));
        return answer;
    }
}
