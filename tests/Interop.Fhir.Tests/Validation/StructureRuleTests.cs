namespace Interop.Fhir.Tests.Validation;

/// <summary>The shape of FHIR's JSON (https://hl7.org/fhir/R4/json.html), each rule broken on its own.</summary>
public class StructureRuleTests
{
    [Theory]
    // unknown properties
    [InlineData("{'resourceType':'Patient','foo':1}", "structure", "Patient.foo")]
    [InlineData("{'resourceType':'Patient','name':[{'familyName':'A'}]}", "structure", "Patient.name[0].familyName")]
    [InlineData("{'resourceType':'Patient','Active':true}", "structure", "Patient.Active")]
    [InlineData("{'resourceType':'Patient','deceased':true}", "structure", "Patient.deceased")]
    [InlineData("{'resourceType':'Patient','deceasedString':'x'}", "structure", "Patient.deceasedString")]
    [InlineData("{'resourceType':'Patient','_name':[{'id':'a'}]}", "structure", "Patient._name")]
    [InlineData(
        "{'resourceType':'Patient','name':[{'resourceType':'HumanName','family':'A'}]}",
        "structure",
        "Patient.name[0].resourceType"
    )]
    [InlineData("{'resourceType':'Patient','fhir_comments':['x']}", "structure", "Patient.fhir_comments")]
    // duplicate properties
    [InlineData("{'resourceType':'Patient','active':true,'active':true}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','active':true,'acti\\u0076e':true}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','active':true,'resourceType':'Patient'}", "structure", "Patient.resourceType")]
    [InlineData("{'resourceType':'Patient','name':[{'family':'A','family':'B'}]}", "structure", "Patient.name[0].family")]
    [InlineData("{'resourceType':'Patient','active':true,'_active':{'id':'a'},'_active':{'id':'b'}}", "structure", "Patient.active")]
    // ids of elements
    [InlineData("{'resourceType':'Patient','name':[{'id':'a','family':'A'},{'id':'a','family':'B'}]}", "value", "Patient.name[1].id")]
    [InlineData(
        "{'resourceType':'Patient','name':[{'id':'a','family':'A'}],'active':true,'_active':{'id':'a'}}",
        "value",
        "Patient.active.id"
    )]
    // absolute URIs
    [InlineData("{'resourceType':'Basic','code':{'coding':[{'system':'codes','code':'a'}]}}", "value", "Basic.code.coding[0].system")]
    [InlineData("{'resourceType':'Basic','code':{'coding':[{'system':'#codes','code':'a'}]}}", "value", "Basic.code.coding[0].system")]
    [InlineData("{'resourceType':'Bundle','type':'collection','entry':[{'fullUrl':'Patient/1'}]}", "value", "Bundle.entry[0].fullUrl")]
    // codes
    [InlineData("{'resourceType':'Basic','code':{'coding':[{'code':'a\\tb'}]}}", "value", "Basic.code.coding[0].code")]
    [InlineData("{'resourceType':'Basic','code':{'coding':[{'code':'a  b'}]}}", "value", "Basic.code.coding[0].code")]
    // JSON types
    [InlineData("{'resourceType':'Patient','active':'true'}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','active':1}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','multipleBirthInteger':'2'}", "structure", "Patient.multipleBirth")]
    [InlineData("{'resourceType':'Patient','birthDate':1974}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','birthDate':true}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','birthDate':{'value':'1974'}}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','maritalStatus':'M'}", "structure", "Patient.maritalStatus")]
    [InlineData("{'resourceType':'Patient','name':['A']}", "structure", "Patient.name[0]")]
    [InlineData("{'resourceType':'Patient','name':[[{'family':'A'}]]}", "structure", "Patient.name[0]")]
    [InlineData("{'resourceType':'Patient','name':[{'given':[['A']]}]}", "structure", "Patient.name[0].given[0]")]
    // cardinality
    [InlineData("{'resourceType':'Patient','name':{'family':'A'}}", "structure", "Patient.name")]
    [InlineData("{'resourceType':'Patient','name':[{'given':'A'}]}", "structure", "Patient.name[0].given")]
    [InlineData("{'resourceType':'Patient','active':[true]}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','maritalStatus':[{'text':'M'}]}", "structure", "Patient.maritalStatus")]
    [InlineData("{'resourceType':'Patient','_birthDate':[{'id':'a'}],'birthDate':'1974'}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','communication':[{'preferred':true}]}", "required", "Patient.communication[0].language")]
    [InlineData("{'resourceType':'Patient','link':[{'type':'refer'}]}", "required", "Patient.link[0].other")]
    [InlineData("{'resourceType':'Observation','status':'final'}", "required", "Observation.code")]
    [InlineData("{'resourceType':'Observation','code':{'text':'x'}}", "required", "Observation.status")]
    [InlineData(
        "{'resourceType':'Observation','status':'final','code':{'text':'x'},'referenceRange':[{'low':{'value':1,'comparator':'<'}}]}",
        "structure",
        "Observation.referenceRange[0].low.comparator"
    )]
    [InlineData(
        "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'1','type':'group','item':[{'type':'string'}]}]}",
        "required",
        "Questionnaire.item[0].item[0].linkId"
    )]
    [InlineData(
        "{'resourceType':'MedicationRequest','status':'active','intent':'order','subject':{'display':'x'}}",
        "required",
        "MedicationRequest.medication"
    )]
    // emptiness
    [InlineData("{'resourceType':'Patient','name':[]}", "structure", "Patient.name")]
    [InlineData("{'resourceType':'Patient','name':[{}]}", "structure", "Patient.name[0]")]
    [InlineData("{'resourceType':'Patient','name':[{'given':[]}]}", "structure", "Patient.name[0].given")]
    [InlineData("{'resourceType':'Patient','maritalStatus':{}}", "structure", "Patient.maritalStatus")]
    [InlineData("{'resourceType':'Patient','gender':''}", "value", "Patient.gender")]
    [InlineData("{'resourceType':'Patient','name':[{'family':''}]}", "value", "Patient.name[0].family")]
    [InlineData("{'resourceType':'Patient','name':[{'given':['A','']}]}", "value", "Patient.name[0].given[1]")]
    [InlineData("{'resourceType':'Patient','maritalStatus':{'id':'a'}}", "invariant", "Patient.maritalStatus")]
    // null
    [InlineData("{'resourceType':'Patient','active':null}", "structure", "Patient.active")]
    [InlineData("{'resourceType':'Patient','maritalStatus':null}", "structure", "Patient.maritalStatus")]
    [InlineData("{'resourceType':'Patient','name':null}", "structure", "Patient.name")]
    [InlineData("{'resourceType':'Patient','name':[null]}", "structure", "Patient.name[0]")]
    [InlineData("{'resourceType':'Patient','name':[{'given':['A',null]}]}", "structure", "Patient.name[0].given[1]")]
    [InlineData(
        "{'resourceType':'Patient','name':[{'given':['A',null],'_given':[{'id':'a'},null]}]}",
        "structure",
        "Patient.name[0].given[1]"
    )]
    [InlineData("{'resourceType':'Patient','name':[{'_given':[null]}]}", "structure", "Patient.name[0].given[0]")]
    [InlineData("{'resourceType':'Patient','_birthDate':null,'birthDate':'1974'}", "structure", "Patient.birthDate")]
    // choices
    [InlineData("{'resourceType':'Patient','deceasedBoolean':true,'deceasedDateTime':'2020'}", "structure", "Patient.deceased")]
    [InlineData("{'resourceType':'Patient','deceasedBoolean':true,'_deceasedDateTime':{'id':'a'}}", "structure", "Patient.deceased")]
    // companions
    [InlineData(
        "{'resourceType':'Patient','_birthDate':{'value':'1974','id':'a'},'birthDate':'1974'}",
        "structure",
        "Patient.birthDate.value"
    )]
    [InlineData("{'resourceType':'Patient','_birthDate':'x','birthDate':'1974'}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','_birthDate':{},'birthDate':'1974'}", "structure", "Patient.birthDate")]
    [InlineData("{'resourceType':'Patient','_birthDate':{'id':'a'}}", "invariant", "Patient.birthDate")]
    [InlineData(
        "{'resourceType':'Patient','_birthDate':{'extension':[{'valueString':'x'}]}}",
        "required",
        "Patient.birthDate.extension[0].url"
    )]
    [InlineData("{'resourceType':'Patient','name':[{'given':['A','B'],'_given':[{'id':'a'}]}]}", "structure", "Patient.name[0].given")]
    [InlineData(
        "{'resourceType':'Patient','name':[{'given':['A'],'_given':[null,{'extension':[{'url':'http://x','valueString':'x'}]}]}]}",
        "structure",
        "Patient.name[0].given"
    )]
    [InlineData("{'resourceType':'Patient','name':[{'given':[null],'_given':[{'id':'a'}]}]}", "structure", "Patient.name[0].given[0]")]
    // extensions
    [InlineData("{'resourceType':'Patient','extension':[{'valueString':'x'}]}", "required", "Patient.extension[0].url")]
    [InlineData("{'resourceType':'Patient','extension':[{'url':'http://x'}]}", "invariant", "Patient.extension[0]")]
    [InlineData(
        "{'resourceType':'Patient','extension':[{'url':'http://x','valueString':'x','extension':[{'url':'y','valueString':'z'}]}]}",
        "invariant",
        "Patient.extension[0]"
    )]
    [InlineData(
        "{'resourceType':'Patient','extension':[{'url':'http://x','valueString':'x','valueCode':'y'}]}",
        "structure",
        "Patient.extension[0].value"
    )]
    [InlineData("{'resourceType':'Patient','extension':[{'url':'a b','valueString':'x'}]}", "value", "Patient.extension[0].url")]
    [InlineData(
        "{'resourceType':'Patient','extension':[{'url':'http://x','valueHumanName':{'family':1}}]}",
        "structure",
        "Patient.extension[0].value.family"
    )]
    // contained resources
    [InlineData(
        "{'resourceType':'Patient','contained':[{'resourceType':'Organization','name':'x'}]}",
        "required",
        "Patient.contained[0].id"
    )]
    [InlineData("{'resourceType':'Patient','contained':[{'id':'a','name':'x'}]}", "required", "Patient.contained[0].resourceType")]
    [InlineData(
        "{'resourceType':'Patient','contained':[{'resourceType':'Nonsense','id':'a'}]}",
        "not-supported",
        "Patient.contained[0].resourceType"
    )]
    [InlineData(
        "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','nam':'x'}]}",
        "structure",
        "Patient.contained[0].nam"
    )]
    [InlineData(
        "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'a','contained':[{'resourceType':'Organization','id':'b'}]}]}",
        "invariant",
        "Patient.contained[0].contained[0]"
    )]
    // bundles and parameters
    [InlineData(
        "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient','name':[{'family':1}]}}]}",
        "structure",
        "Bundle.entry[0].resource.name[0].family"
    )]
    [InlineData(
        "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'name':[{'family':'A'}]}}]}",
        "required",
        "Bundle.entry[0].resource.resourceType"
    )]
    [InlineData("{'resourceType':'Bundle','type':'nonsense'}", "code-invalid", "Bundle.type")]
    [InlineData(
        "{'resourceType':'Parameters','parameter':[{'name':'a','part':[{'name':'b','resource':{'resourceType':'Patient','foo':1}}]}]}",
        "structure",
        "Parameters.parameter[0].part[0].resource.foo"
    )]
    // the resource type
    [InlineData("{'id':'a'}", "required", "resourceType")]
    [InlineData("{}", "required", "resourceType")]
    [InlineData("{'resourceType':'Nonsense'}", "not-supported", "resourceType")]
    [InlineData("{'resourceType':'DomainResource'}", "not-supported", "resourceType")]
    [InlineData("{'resourceType':'HumanName'}", "not-supported", "resourceType")]
    [InlineData("{'resourceType':1}", "structure", "resourceType")]
    [InlineData("{'resourceType':''}", "not-supported", "resourceType")]
    [InlineData("[]", "structure", "")]
    [InlineData("'Patient'", "structure", "")]
    [InlineData("null", "structure", "")]
    // required bindings
    [InlineData("{'resourceType':'Patient','gender':'m'}", "code-invalid", "Patient.gender")]
    [InlineData("{'resourceType':'Patient','gender':'Male'}", "code-invalid", "Patient.gender")]
    [InlineData("{'resourceType':'Patient','telecom':[{'system':'telephone','value':'1'}]}", "code-invalid", "Patient.telecom[0].system")]
    [InlineData(
        "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-clinical','code':'x'}]}}",
        "code-invalid",
        "Condition.clinicalStatus"
    )]
    [InlineData(
        "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'coding':[{'code':'active'}]}}",
        "code-invalid",
        "Condition.clinicalStatus"
    )]
    [InlineData(
        "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'text':'active'}}",
        "code-invalid",
        "Condition.clinicalStatus"
    )]
    [InlineData("{'resourceType':'Claim','total':{'value':1,'currency':'dollars'}}", "code-invalid", "Claim.total.currency", "required")]
    public void A_broken_rule_is_found_at_its_place(string json, string code, string location, string? ignoredCode = null)
    {
        if (ignoredCode is null)
        {
            Expect.OneError(json, code, location);
            return;
        }

        var issue = Assert.Single(Expect.Validate(json).Issues, i => i.Code != ignoredCode);
        Assert.Equal((code, location), (issue.Code, issue.Location));
    }

    [Theory]
    [InlineData("{'resourceType':'Patient'}")]
    [InlineData("{'active':true,'resourceType':'Patient'}")]
    [InlineData("{'contained':[{'name':'x','id':'a','resourceType':'Organization'}],'resourceType':'Patient'}")]
    [InlineData("{'resourceType':'Patient','n\\u0061me':[{'family':'A'}]}")]
    [InlineData("{'resourceType':'Patient','_birthDate':{'extension':[{'url':'http://x','valueCode':'unknown'}]}}")]
    [InlineData("{'resourceType':'Patient','birthDate':'1974','_birthDate':{'id':'a'}}")]
    [InlineData("{'resourceType':'Patient','_birthDate':{'id':'a'},'birthDate':'1974'}")]
    [InlineData(
        "{'resourceType':'Patient','name':[{'given':['A',null],'_given':[null,{'extension':[{'url':'http://x','valueCode':'masked'}]}]}]}"
    )]
    [InlineData("{'resourceType':'Patient','name':[{'_given':[{'extension':[{'url':'http://x','valueCode':'masked'}]}]}]}")]
    [InlineData("{'resourceType':'Patient','name':[{'_given':[null,{'id':'b'}],'given':['A','B']}]}")]
    [InlineData("{'resourceType':'Patient','extension':[{'url':'http://x','extension':[{'url':'y','valueString':'z'}]}]}")]
    [InlineData("{'resourceType':'Patient','extension':[{'url':'http://x','_valueString':{'extension':[{'url':'y','valueString':'z'}]}}]}")]
    [InlineData("{'resourceType':'Patient','deceasedDateTime':'2020','_deceasedDateTime':{'id':'a'}}")]
    [InlineData("{'resourceType':'Patient','modifierExtension':[{'url':'http://unknown','valueBoolean':true}]}")]
    [InlineData(
        "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'coding':[{'system':'http://local','code':'1'},{'system':'http://terminology.hl7.org/CodeSystem/condition-clinical','code':'active'}]}}"
    )]
    [InlineData(
        "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'extension':[{'url':'http://hl7.org/fhir/StructureDefinition/data-absent-reason','valueCode':'unknown'}]}}"
    )]
    [InlineData(
        "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o'}]}}]}}]}"
    )]
    [InlineData("{'resourceType':'ExampleScenario','status':'draft','instance':[{'resourceId':'a','resourceType':'Patient'}]}")]
    [InlineData("{'resourceType':'Binary','contentType':'text/plain','data':'QQ=='}")]
    public void A_resource_that_the_standard_allows_has_no_issue(string json) => Expect.NoIssues(json);

    [Fact]
    public void Several_errors_are_all_found()
    {
        var result = Expect.Validate(
            "{'resourceType':'Patient','foo':1,'gender':'m','name':[{'family':''},{'given':'A'}],'birthDate':'1974-13-01'}"
        );
        Assert.Equal(
            ["Patient.foo", "Patient.gender", "Patient.name[0].family", "Patient.name[1].given", "Patient.birthDate"],
            result.Issues.Select(i => i.Location)
        );
    }

    [Fact]
    public void The_text_of_an_issue_names_the_expected_form()
    {
        Assert.Contains(
            "deceasedBoolean, deceasedDateTime",
            Expect.OneError("{'resourceType':'Patient','deceased':true}", "structure", "Patient.deceased").Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "male, female, other, unknown",
            Expect.OneError("{'resourceType':'Patient','gender':'m'}", "code-invalid", "Patient.gender").Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "YYYY-MM-DD",
            Expect.OneError("{'resourceType':'Patient','birthDate':'01.02.1974'}", "value", "Patient.birthDate").Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "it has active",
            Expect.OneError("{'resourceType':'Patient','Active':true}", "structure", "Patient.Active").Text,
            StringComparison.Ordinal
        );
    }
}
