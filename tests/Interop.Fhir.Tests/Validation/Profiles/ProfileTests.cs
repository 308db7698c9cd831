using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>Profiles in the manner of US Core: cardinalities, slices by value and by extension, patterns and bindings.</summary>
public class ProfileTests
{
    private const string PatientProfile = """
        {'resourceType':'StructureDefinition','url':'http://example.org/patient','derivation':'constraint','type':'Patient','baseDefinition':'http://hl7.org/fhir/StructureDefinition/Patient',
        'differential':{'element':[{'id':'Patient','path':'Patient'},
        {'id':'Patient.extension','path':'Patient.extension','slicing':{'discriminator':[{'type':'value','path':'url'}],'rules':'open'}},
        {'id':'Patient.extension:race','path':'Patient.extension','sliceName':'race','min':0,'max':'1','type':[{'code':'Extension','profile':['http://example.org/race']}]},
        {'id':'Patient.identifier','path':'Patient.identifier','min':1,'slicing':{'discriminator':[{'type':'value','path':'system'}],'rules':'open'}},
        {'id':'Patient.identifier:mrn','path':'Patient.identifier','sliceName':'mrn','min':1,'max':'1'},
        {'id':'Patient.identifier:mrn.system','path':'Patient.identifier.system','min':1,'fixedUri':'http://example.org/mrn'},
        {'id':'Patient.identifier:mrn.value','path':'Patient.identifier.value','min':1},
        {'id':'Patient.name','path':'Patient.name','min':1},{'id':'Patient.name.family','path':'Patient.name.family','min':1},
        {'id':'Patient.gender','path':'Patient.gender','min':1},{'id':'Patient.deceased[x]','path':'Patient.deceased[x]','max':'0'},
        {'id':'Patient.maritalStatus','path':'Patient.maritalStatus','binding':{'strength':'required','valueSet':'http://hl7.org/fhir/ValueSet/administrative-gender'}}]}}
        """;

    private const string RaceProfile = """
        {'resourceType':'StructureDefinition','url':'http://example.org/race','derivation':'constraint','type':'Extension','baseDefinition':'http://hl7.org/fhir/StructureDefinition/Extension',
        'differential':{'element':[{'id':'Extension.url','path':'Extension.url','fixedUri':'http://example.org/race'},
        {'id':'Extension.extension:text','path':'Extension.extension','sliceName':'text','min':1,'max':'1'},{'id':'Extension.extension:text.url','path':'Extension.extension.url','fixedUri':'text'},
        {'id':'Extension.extension:text.value[x]','path':'Extension.extension.value[x]','min':1,'type':[{'code':'string'}]}]}}
        """;

    private const string VitalsProfile = """
        {'resourceType':'StructureDefinition','url':'http://example.org/vitals','derivation':'constraint','type':'Observation','baseDefinition':'http://example.org/base',
        'differential':{'element':[{'id':'Observation.category','path':'Observation.category','min':1,'slicing':{'discriminator':[{'type':'value','path':'coding.code'},{'type':'value','path':'coding.system'}],'rules':'closed'}},
        {'id':'Observation.category:vs','path':'Observation.category','sliceName':'vs','min':1,'max':'1'},
        {'id':'Observation.category:vs.coding.system','path':'Observation.category.coding.system','fixedUri':'http://c'},
        {'id':'Observation.category:vs.coding.code','path':'Observation.category.coding.code','fixedCode':'vital-signs'},
        {'id':'Observation.code','path':'Observation.code','patternCodeableConcept':{'coding':[{'system':'http://loinc.org','code':'8867-4'}]}},
        {'id':'Observation.value[x]','path':'Observation.value[x]','slicing':{'discriminator':[{'type':'type','path':'$this'}],'rules':'closed'}},
        {'id':'Observation.value[x]:valueQuantity','path':'Observation.value[x]','sliceName':'valueQuantity','max':'1','type':[{'code':'Quantity'}]},
        {'id':'Observation.value[x]:valueQuantity.unit','path':'Observation.value[x].unit','min':1}]}}
        """;

    private const string BaseProfile = """
        {'resourceType':'StructureDefinition','url':'http://example.org/base','derivation':'constraint','type':'Observation','baseDefinition':'http://hl7.org/fhir/StructureDefinition/Observation',
        'snapshot':{'element':[{'id':'Observation','path':'Observation','min':0,'max':'*'},{'id':'Observation.subject','path':'Observation.subject','min':1,'max':'1'}]}}
        """;

    private static readonly ResourceValidator Validator = new(
        R4Schema.Default,
        new ValidationOptions
        {
            ProfileChecker = new ProfileSet(
                R4Schema.Default,
                new[] { PatientProfile, RaceProfile, VitalsProfile, BaseProfile }.Select(p => Profile.Load(Expect.Utf8(p)))
            ),
        }
    );

    [Theory]
    [InlineData("'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'}],'gender':'male'", "")]
    [InlineData(
        "'identifier':[{'system':'http://other','value':'1'}],'name':[{'family':'A'}],'gender':'male'",
        "required Patient.identifier"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn'}],'name':[{'family':'A'}],'gender':'male'",
        "required Patient.identifier[0].value"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'},{'system':'http://example.org/mrn','value':'2'}],'name':[{'family':'A'}],'gender':'male'",
        "structure Patient.identifier"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'},{'given':['B']}]",
        "required Patient.name[1].family, required Patient.gender"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'}],'gender':'male','deceasedBoolean':true",
        "structure Patient.deceased"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'}],'gender':'male','maritalStatus':{'coding':[{'system':'http://x','code':'male'}]}",
        "code-invalid Patient.maritalStatus"
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'}],'gender':'male','extension':[{'url':'http://example.org/race','extension':[{'url':'text','valueString':'x'}]}]",
        ""
    )]
    [InlineData(
        "'identifier':[{'system':'http://example.org/mrn','value':'1'}],'name':[{'family':'A'}],'gender':'male','extension':[{'url':'http://example.org/race','extension':[{'url':'other','valueString':'x'}]}]",
        "required Patient.extension[0].extension"
    )]
    public void A_patient_follows_the_profile_it_claims(string content, string expected) =>
        AssertIssues("Patient", "patient", content, expected);

    [Theory]
    [InlineData(
        "'category':[{'coding':[{'system':'http://c','code':'vital-signs'}]}],'code':{'coding':[{'system':'http://loinc.org','code':'8867-4','display':'HR'}]},'subject':{'display':'x'},'valueQuantity':{'value':1,'unit':'b'}",
        ""
    )]
    [InlineData(
        "'category':[{'coding':[{'system':'http://c','code':'vital-signs'}]}],'code':{'coding':[{'system':'http://loinc.org','code':'8867-4'}]},'valueQuantity':{'value':1}",
        "required Observation.subject, required Observation.value.unit"
    )]
    [InlineData(
        "'category':[{'coding':[{'system':'http://c','code':'vital-signs'}]},{'text':'x'}],'code':{'text':'HR'},'subject':{'display':'x'},'valueString':'y'",
        "structure Observation.category[1], value Observation.code, structure Observation.value"
    )]
    public void An_observation_follows_its_profile_and_that_profiles_base(string content, string expected) =>
        AssertIssues("Observation", "vitals", "'status':'final'," + content, expected);

    [Fact]
    public void An_unclaimed_profile_is_no_issue_and_an_unknown_one_a_warning()
    {
        Assert.Empty(Validator.Validate(Expect.Utf8("{'resourceType':'Patient'}")).Issues);
        Assert.Empty(
            Validator
                .Validate(Expect.Utf8("{'resourceType':'Patient','meta':{'profile':['http://hl7.org/fhir/StructureDefinition/Patient']}}"))
                .Issues
        );
        var unknown = Assert.Single(
            Validator.Validate(Expect.Utf8("{'resourceType':'Patient','meta':{'profile':['http://example.org/unknown|2']}}")).Issues
        );
        Assert.Equal(
            (IssueSeverity.Warning, IssueCode.NotSupported, "Patient.meta.profile"),
            (unknown.Severity, unknown.Code, unknown.Location)
        );
    }

    [Fact]
    public void A_profile_of_another_type_is_found() =>
        AssertIssues("Patient", "vitals", "'active':true", "structure Patient.meta.profile");

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{'resourceType':'Patient'}")]
    [InlineData("{'resourceType':'StructureDefinition','url':'u','derivation':'specialization','type':'Patient'}")]
    [InlineData("{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient'}")]
    [InlineData("{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{}}")]
    [InlineData(
        "{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{'element':[{'id':'Observation'}]}}"
    )]
    [InlineData("[]")]
    [InlineData(
        "{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{'element':[{'id':'Patient.name','min':'1'}]}}"
    )]
    [InlineData(
        "{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{'element':[{'id':'Patient.name','min':1.5}]}}"
    )]
    [InlineData(
        "{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{'element':[{'id':'Patient.name','type':[{}]}]}}"
    )]
    [InlineData(
        "{'resourceType':'StructureDefinition','url':'u','derivation':'constraint','type':'Patient','differential':{'element':[{'id':'Patient.name','slicing':{'discriminator':[{'type':'value'}]}}]}}"
    )]
    public void A_document_that_is_not_a_profile_is_refused(string json) =>
        Assert.Throws<FormatException>(() => Profile.Load(Expect.Utf8(json)));

    private static void AssertIssues(string type, string profile, string content, string expected)
    {
        var result = Validator.Validate(
            Expect.Utf8($"{{'resourceType':'{type}','meta':{{'profile':['http://example.org/{profile}|1']}},{content}}}")
        );
        Assert.All(result.Issues, issue => Assert.Contains(" http://example.org/", issue.Text, StringComparison.Ordinal));
        Assert.Equal(expected, string.Join(", ", result.Issues.Select(i => $"{i.Code} {i.Location}")));
    }
}
