using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Tests;

namespace Interop.Fhir.Tests.Views;

/// <summary>The platform's normalized tables, over resources written here and over the Synthea data.</summary>
public class DefaultViewsTests
{
    private static string Row(string view, string resource)
    {
        var compiled = DefaultViews.All[view];
        var rows = new RowCollector(compiled);
        using var document = JsonDocument.Parse(resource);
        Assert.Equal(1, compiled.Run(document.RootElement, rows));
        return string.Join(" | ", rows.Rows[0].Select(column => column.Value?.ToString() ?? "null"));
    }

    [Theory]
    [InlineData("patients", "id family given gender birth_date")]
    [InlineData(
        "observations",
        "id patient_id status code code_display effective_datetime value_quantity value_unit value_string code_system category encounter_id value_code value_code_system value_code_display"
    )]
    [InlineData("encounters", "id patient_id status encounter_class start end")]
    [InlineData(
        "conditions",
        "id patient_id clinical_status verification_status code onset recorded_date code_system code_display encounter_id"
    )]
    public void The_normalized_tables_have_their_documented_columns_in_order(string view, string columns) =>
        Assert.Equal(columns.Split(' '), DefaultViews.All[view].Columns.Select(column => column.Name));

    [Fact]
    public void Every_view_that_comes_with_the_platform_compiles_without_warning()
    {
        string[] expected =
        [
            "allergy_intolerances",
            "audit_events",
            "conditions",
            "diagnostic_reports",
            "encounters",
            "immunizations",
            "medication_requests",
            "observation_components",
            "observations",
            "organizations",
            "patients",
            "practitioners",
            "procedures",
        ];
        Assert.Equal(expected, DefaultViews.All.Keys.Order(StringComparer.Ordinal));
        Assert.All(DefaultViews.All.Values, view => Assert.Empty(view.Warnings));
        Assert.All(DefaultViews.All.Values, view => Assert.Equal("id", view.Columns[0].Name));
    }

    [Theory]
    [InlineData(
        """{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-03","name":[{"use":"maiden","family":"Old","given":["O"]},{"use":"official","family":"New","given":["N","M"]}]}""",
        "p | New | N | female | 1970-03"
    )]
    [InlineData(
        """{"resourceType":"Patient","id":"p","name":[{"family":"First","given":["F"]},{"use":"usual","family":"Second","given":["S"]}]}""",
        "p | First | F | null | null"
    )]
    [InlineData(
        """{"resourceType":"Patient","id":"p","name":[{"family":"Elsewhere","given":["E"]},{"use":"official","text":"Only Text"}]}""",
        "p | null | null | null | null"
    )]
    [InlineData(
        """{"resourceType":"Patient","id":"p","name":[{"use":"official","family":"Zo\u00eb \"Q\" \\","_given":[{"extension":[{"url":"u","valueString":"x"}]}]}]}""",
        "p | Zoë \"Q\" \\ | null | null | null"
    )]
    [InlineData("""{"resourceType":"Patient","id":"p"}""", "p | null | null | null | null")]
    public void A_patient_row_has_one_name_the_official_else_the_first(string patient, string row) =>
        Assert.Equal(row, Row("patients", patient));

    [Theory]
    [InlineData(
        """{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p1"},"code":{"coding":[{"code":"a","display":"A"},{"code":"b"}]},"effectiveDateTime":"2024-01-02T03:04:05Z","valueQuantity":{"value":1.50,"unit":"cm"}}""",
        "o | p1 | final | a | A | 2024-01-02T03:04:05Z | 1.50 | cm | null | null | null | null | null | null | null"
    )]
    [InlineData(
        """{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"http://server/fhir/Patient/p2/_history/3"},"code":{"text":"only text"},"effectivePeriod":{"start":"2024-01"},"valueString":"v"}""",
        "o | p2 | final | null | only text | 2024-01 | null | null | v | null | null | null | null | null | null"
    )]
    [InlineData(
        """{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Group/g"},"code":{},"effectiveInstant":"2024-01-02T03:04:05.678+01:00","valueQuantity":{"value":0.00000000000000000000000000000000010,"code":"mg"}}""",
        "o | null | final | null | null | 2024-01-02T03:04:05.678+01:00 | 0.00000000000000000000000000000000010 | mg | null | null | null | null | null | null | null"
    )]
    [InlineData(
        """{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"},"code":{},"valueInteger":3}""",
        "o | null | final | null | null | null | null | null | null | null | null | null | null | null | null"
    )]
    public void An_observation_row_takes_each_kind_of_time_and_value(string observation, string row) =>
        Assert.Equal(row, Row("observations", observation));

    [Fact]
    public void An_observation_row_has_its_code_system_its_category_and_a_coded_value() =>
        Assert.Equal(
            "o | p | final | 72166-2 | Tobacco smoking status | null | null | null | null | http://loinc.org | social-history | e | 266919005 | http://snomed.info/sct | Never smoker",
            Row(
                "observations",
                """
                {"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"social-history"}]}],
                 "code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}],"text":"Tobacco smoking status"},"subject":{"reference":"Patient/p"},
                 "encounter":{"reference":"Encounter/e"},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"266919005"}],"text":"Never smoker"}}
                """
            )
        );

    [Fact]
    public void An_encounter_row_has_its_class_and_period() =>
        Assert.Equal(
            "e | p | finished | AMB | 2024-01-01T00:00:00Z | null",
            Row(
                "encounters",
                """{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"period":{"start":"2024-01-01T00:00:00Z"}}"""
            )
        );

    [Fact]
    public void A_condition_row_takes_the_start_of_a_period_where_there_is_no_date_of_onset() =>
        Assert.Equal(
            "c | p | active | confirmed | 1 | 2020-05 | 2024-01-01 | null | null | null",
            Row(
                "conditions",
                """
                {"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},"code":{"coding":[{"code":"1"}]},
                 "subject":{"reference":"Patient/p"},"onsetPeriod":{"start":"2020-05"},"recordedDate":"2024-01-01"}
                """
            )
        );

    [Fact]
    public void An_audit_event_row_names_the_requestor() =>
        Assert.Equal(
            "a | 2024-01-01T00:00:00Z | rest | read | R | 0 | Practitioner/2 | null | 10.0.0.1 | TREAT | Device/1 | p | Patient/p",
            Row(
                "audit_events",
                """
                {"resourceType":"AuditEvent","id":"a","type":{"code":"rest"},"subtype":[{"code":"read"}],"action":"R","recorded":"2024-01-01T00:00:00Z","outcome":"0",
                 "purposeOfEvent":[{"coding":[{"code":"TREAT"}]}],
                 "agent":[{"requestor":false,"who":{"reference":"Practitioner/1"}},{"requestor":true,"who":{"reference":"Practitioner/2"},"network":{"address":"10.0.0.1"}}],
                 "source":{"observer":{"reference":"Device/1"}},"entity":[{"what":{"reference":"Patient/p"}}]}
                """
            )
        );

    [DataFact("synthea-100")]
    public void The_synthea_data_fills_the_tables()
    {
        var report = new StringBuilder();
        foreach (var view in DefaultViews.All.Values.OrderBy(v => v.Definition.Name, StringComparer.Ordinal))
        {
            var file = Path.Combine(PublishedData.Require("synthea-100"), $"{view.Definition.Resource}.ndjson.gz");
            if (!File.Exists(file))
                continue;
            var counter = new ValueCounter(view.Columns.Count);
            int resources = 0,
                rows = 0;
            using var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                if (line.Length == 0)
                    continue;
                using var document = JsonDocument.Parse(line);
                rows += view.Run(document.RootElement, counter);
                resources++;
            }
            Assert.Equal(view.Definition.Name == "observation_components" ? 1924 : resources, rows);
            report.Append(
                $"{view.Definition.Name} {rows}: {string.Join(' ', view.Columns.Select((column, i) => $"{column.Name}={counter.Values[i]}"))}\n"
            );
        }
        Assert.Equal(Expected, report.ToString());
    }

    /// <summary>Counted apart from this code, from the JSON itself.</summary>
    private const string Expected = """
        allergy_intolerances 38: id=38 patient_id=38 clinical_status=38 verification_status=38 type=38 category=38 criticality=38 code=38 code_display=38 onset=0 recorded_date=38 code_system=38
        conditions 633: id=633 patient_id=633 clinical_status=633 verification_status=633 code=633 onset=633 recorded_date=633 code_system=633 code_display=633 encounter_id=633
        diagnostic_reports 893: id=893 patient_id=893 encounter_id=893 status=893 category=893 code=893 code_display=893 effective_datetime=893 issued=893 conclusion=0 code_system=893
        encounters 3666: id=3666 patient_id=3666 status=3666 encounter_class=3666 start=3666 end=3666
        immunizations 1248: id=1248 patient_id=1248 encounter_id=1248 status=1248 vaccine_code=1248 vaccine_display=1248 occurrence=1248 primary_source=1248 vaccine_system=1248
        medication_requests 2381: id=2381 patient_id=2381 encounter_id=2381 status=2381 intent=2381 medication_code=2381 medication_display=2381 medication_id=0 requester_id=2381 authored_on=2381 medication_system=2381
        observation_components 1924: id=1924 patient_id=1924 effective_datetime=1924 code=1924 code_system=1924 code_display=1924 value_quantity=1924 value_unit=1924 value_string=0 value_code=0 value_code_system=0 value_code_display=0
        observations 16056: id=16056 patient_id=16056 status=16056 code=16056 code_display=16056 effective_datetime=16056 value_quantity=14038 value_unit=14038 value_string=60 code_system=16056 category=16056 encounter_id=16056 value_code=996 value_code_system=996 value_code_display=996
        organizations 203: id=203 identifier=203 active=203 type_code=203 name=203 city=203 state=203 part_of_id=0
        patients 98: id=98 family=98 given=98 gender=98 birth_date=98
        practitioners 203: id=203 identifier=203 active=203 family=203 given=203 gender=203 qualification_code=0
        procedures 2341: id=2341 patient_id=2341 encounter_id=2341 status=2341 code=2341 code_display=2341 performed_start=2341 performed_end=2341 code_system=2341

        """;

    /// <summary>How many rows have a value, by column.</summary>
    private sealed class ValueCounter(int columns) : IViewRowSink
    {
        private int _at;

        public int[] Values { get; } = new int[columns];

        public void BeginRow() => _at = 0;

        public void Null() => _at++;

        public void Boolean(bool value) => Values[_at++]++;

        public void Integer(long value) => Values[_at++]++;

        public void Numeric(ReadOnlySpan<byte> digits) => Values[_at++]++;

        public void Text(ReadOnlySpan<byte> utf8) => Values[_at++]++;

        public void Json(ReadOnlySpan<byte> utf8) => Values[_at++]++;

        public void EndRow() => Assert.Equal(Values.Length, _at);
    }
}
