namespace Interop.Fhir.Tests.FhirPath;

/// <summary>
/// The project's own inputs for those tests of the FHIRPath suite whose file is not among the standard's examples in the test data. Each
/// has what its tests read, and where a file of that name is in the data, that one is used.
/// </summary>
internal static class SuiteStandIns
{
    public static readonly IReadOnlyDictionary<string, string> Inputs = new Dictionary<string, string>
    {
        ["valueset-example-expansion.json"] = """
            {"resourceType": "ValueSet", "id": "expansion", "version": "20150622", "status": "draft", "expansion": {
              "identifier": "urn:uuid:42316ff8-2714-4680-9980-f37a6d1a71bc", "timestamp": "2015-06-22T13:56:07Z", "total": 8, "contains": [
                {"system": "http://loinc.org", "code": "a", "display": "one"},
                {"system": "http://loinc.org", "code": "b", "display": "two"},
                {"abstract": true, "display": "group 1", "contains": [
                  {"system": "http://loinc.org", "code": "c"}, {"system": "http://loinc.org", "code": "d"}, {"system": "http://loinc.org", "code": "e"}]},
                {"abstract": true, "display": "group 2", "contains": [
                  {"system": "http://loinc.org", "code": "f"}, {"system": "http://loinc.org", "code": "g"}, {"system": "http://loinc.org", "code": "h"}]}]}}
            """,
        ["explanationofbenefit-example.json"] = """
            {"resourceType": "ExplanationOfBenefit", "id": "stand-in",
             "supportingInfo": [
               {"sequence": 1, "category": {"coding": [{"code": "additionalbodysite"}]}},
               {"sequence": 2, "category": {"coding": [{"code": "additionalbodysite"}]}},
               {"sequence": 3, "category": {"coding": [{"code": "other"}]}}],
             "item": [{"sequence": 1, "informationSequence": [1, 2]}]}
            """,
        ["appointment-examplereq.json"] = """
            {"resourceType": "Appointment", "id": "stand-in", "status": "proposed",
             "identifier": [{"system": "http://example.org/sampleappointment-identifier", "value": "123"}],
             "participant": [{"required": "required", "status": "needs-action"}]}
            """,
        ["parameters-example-types.json"] = """
            {"resourceType": "Parameters", "id": "stand-in", "parameter": [
              {"name": "string", "valueString": "text"}, {"name": "integer", "valueInteger": 1},
              {"name": "uuid", "valueUuid": "urn:uuid:79a14950-442c-11ed-b878-0242ac120002"}, {"name": "decimal", "valueDecimal": 1.0}]}
            """,
        ["patient-example-period.json"] = """
            {"resourceType": "Patient", "id": "stand-in", "identifier": [
              {"system": "urn:oid:1.2.36.146.595.217.0.1", "value": "12345", "period": {"start": "2001-05-06", "end": "2001-05-06T10:10:10Z"}}]}
            """,
        ["patient-container-example.json"] = """
            {"resourceType": "Patient", "id": "stand-in", "contained": [{"resourceType": "Organization", "id": "1", "name": "Gastroenterology"}],
             "managingOrganization": {"reference": "#1"}}
            """,
        ["patient-name-extensions.json"] = """
            {"resourceType": "Patient", "id": "stand-in", "name": [
              {"given": [null, "James"], "_given": [{"extension": [{"url": "http://example.org/syllables", "valueString": "five"}]}, null]}]}
            """,
    };

    /// <summary>An extension that the suite's observation has and the standard's has not.</summary>
    public const string ObservationExtension = """
        [{"url": "http://example.com/fhir/StructureDefinition/patient-age", "valueAge": {"value": 42, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}}]
        """;
}
