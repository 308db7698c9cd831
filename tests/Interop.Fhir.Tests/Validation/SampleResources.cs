namespace Interop.Fhir.Tests.Validation;

/// <summary>Valid resources that between them have most shapes of FHIR's JSON, with ' for ".</summary>
internal static class SampleResources
{
    public const string Patient = """
        {'resourceType':'Patient','id':'p1','meta':{'versionId':'1','lastUpdated':'2024-01-01T10:00:00.123Z','profile':['http://example.org/p|1.0'],'tag':[{'system':'http://t','code':'x'}]},
        'implicitRules':'http://example.org/rules','language':'en',
        'text':{'status':'generated','div':'<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">Ann &amp; <b>Bob<\/b><br/>\u00e9<\/p><\/div>'},
        'contained':[{'resourceType':'Organization','id':'o1','name':'Here'}],
        'extension':[{'url':'http://example.org/e','valueQuantity':{'value':1.50,'unit':'kg','system':'http://unitsofmeasure.org','code':'kg'}},{'url':'http://example.org/c','extension':[{'url':'a','valueBoolean':false}]}],
        'modifierExtension':[{'url':'http://example.org/m','valueCode':'x'}],
        'identifier':[{'use':'official','type':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0203','code':'MR'}],'text':'MR'},'system':'urn:oid:1.2.3','value':'12345','period':{'start':'2001-05','end':'2020-12-31'}}],
        'active':true,'name':[{'use':'official','family':'Chalmers','_family':{'id':'f1','extension':[{'url':'http://example.org/own','valueString':'von'}]},'given':['Peter',null],'_given':[null,{'extension':[{'url':'http://example.org/dar','valueCode':'masked'}]}]},{'text':'Jim'}],
        'telecom':[{'system':'phone','value':'(03) 5555 6473','use':'work','rank':1}],'gender':'male','birthDate':'1974-12-25','_birthDate':{'extension':[{'url':'http://example.org/time','valueDateTime':'1974-12-25T14:35:45-05:00'}]},
        'deceasedBoolean':false,'address':[{'line':['534 Erewhon St'],'city':'Pleasant\nVille','postalCode':'3999','period':{'start':'1974-12-25'}}],
        'multipleBirthInteger':2,'photo':[{'contentType':'image/gif','data':'R0lGODlhEw==','size':10,'url':'http://example.org/a.gif'}],
        'contact':[{'relationship':[{'text':'N'}],'name':{'family':'du Marché'},'organization':{'reference':'#o1'}}],'communication':[{'language':{'text':'en'},'preferred':true}],
        'managingOrganization':{'reference':'Organization/1/_history/2','display':'Org'},'link':[{'other':{'reference':'Patient/p2'},'type':'seealso'}]}
        """;

    public const string Observation = """
        {'resourceType':'Observation','id':'o1','status':'final','category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category','code':'vital-signs'}]}],
        'code':{'coding':[{'system':'http://loinc.org','code':'85354-9','display':'BP'}]},'subject':{'reference':'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'},'effectivePeriod':{'start':'2024-01-01T10:00:00Z'},
        'issued':'2024-01-01T10:00:00.000+01:00','interpretation':[{'text':'L'}],'referenceRange':[{'low':{'value':90},'high':{'value':120.0}}],
        'component':[{'code':{'text':'sys'},'valueQuantity':{'value':107,'comparator':'<','unit':'mmHg'}},{'code':{'text':'s'},'valueSampledData':{'origin':{'value':0},'period':10,'dimensions':1,'data':'1 2 E'}},{'code':{'text':'t'},'valueTime':'10:00:00'}]}
        """;

    public const string Questionnaire = """
        {'resourceType':'Questionnaire','status':'draft','url':'http://example.org/q','item':[{'linkId':'1','type':'group','item':[{'linkId':'1.1','type':'choice','answerOption':[{'valueCoding':{'code':'y'}},{'valueInteger':3}],
        'enableWhen':[{'question':'1','operator':'=','answerBoolean':true}],'maxLength':10,'initial':[{'valueDecimal':1.0}]},{'linkId':'1.2','type':'string','code':[{'code':'a'}]}]}]}
        """;

    public const string Condition = """
        {'resourceType':'Condition','clinicalStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-clinical','code':'active'}]},'code':{'text':'Asthma'},'subject':{'reference':'Patient/p1'},
        'onsetAge':{'value':5,'unit':'a','system':'http://unitsofmeasure.org','code':'a'},'note':[{'authorString':'x','time':'2024','text':'**a**'}]}
        """;

    public const string Bundle = """
        {'resourceType':'Bundle','type':'searchset','total':1,'timestamp':'2024-01-01T00:00:00Z','link':[{'relation':'next','url':'http://example.org/?page=2'}],
        'entry':[{'fullUrl':'http://example.org/Patient/1','resource':{'resourceType':'Patient','id':'1','name':[{'family':'A'}]},'search':{'mode':'match','score':0.5}},
        {'resource':{'id':'e1','resourceType':'Encounter','status':'finished','class':{'code':'AMB'},'length':{'value':1,'unit':'h'}}}]}
        """;

    public const string Parameters = """
        {'resourceType':'Parameters','parameter':[{'name':'a','valueUuid':'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'},{'name':'b','part':[{'name':'c','valueOid':'urn:oid:1.2.3'},{'name':'d','resource':{'resourceType':'Patient'}}]},
        {'name':'e','valueTiming':{'event':['2024-01-01'],'repeat':{'boundsRange':{'low':{'value':1}},'frequency':1,'period':1,'periodUnit':'d','timeOfDay':['10:00:00'],'when':['MORN']}}}]}
        """;

    public static IReadOnlyList<string> All { get; } = [Patient, Observation, Questionnaire, Condition, Bundle, Parameters];
}
