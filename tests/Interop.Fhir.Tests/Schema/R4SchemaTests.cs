using System.Text;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Tests.Schema;

public class R4SchemaTests
{
    private static R4Schema Schema => R4Schema.Default;

    [Fact]
    public void The_schema_is_that_of_R4()
    {
        Assert.Equal("4.0.1", Schema.Version);
        Assert.Equal(146, Schema.ResourceTypes.Length);
        Assert.Equal(20, Schema.Types.Values.Count(t => t.IsPrimitive));
        Assert.Null(Schema.FindType("SubscriptionStatus"));
        Assert.Null(Schema.FindResource("DomainResource"));
        Assert.Null(Schema.FindResource("HumanName"));
        Assert.Same(Schema.FindType("Patient"), Schema.FindResource("Patient"));
    }

    [Fact]
    public void Elements_have_the_order_of_the_specification() =>
        Assert.Equal(
            [
                "id",
                "meta",
                "implicitRules",
                "language",
                "text",
                "contained",
                "extension",
                "modifierExtension",
                "identifier",
                "active",
                "name",
                "telecom",
                "gender",
                "birthDate",
                "deceased",
                "address",
                "maritalStatus",
                "multipleBirth",
                "photo",
                "contact",
                "communication",
                "generalPractitioner",
                "managingOrganization",
                "link",
            ],
            Schema.FindType("Patient")!.Elements.Select(e => e.Name)
        );

    [Theory]
    [InlineData("Meta", "id extension versionId lastUpdated source profile security tag")]
    [InlineData("Binary", "id meta implicitRules language contentType securityContext data")]
    [InlineData("Quantity", "id extension value comparator unit system code")]
    [InlineData("Patient.communication", "id extension modifierExtension language preferred")]
    [InlineData(
        "EvidenceVariable.characteristic",
        "id extension modifierExtension description definition usageContext exclude participantEffective timeFromStart groupMeasure"
    )]
    public void Elements_that_the_package_adds_to_the_specification_are_not_in_the_schema(string type, string elements) =>
        Assert.Equal(elements, string.Join(' ', Schema.FindType(type)!.Elements.Select(e => e.Name)));

    [Fact]
    public void An_element_has_its_facts()
    {
        var value = Schema.FindType("Observation")!.FindElement("value")!;
        Assert.True(value.IsChoice);
        Assert.Equal(
            ["Quantity", "CodeableConcept", "string", "boolean", "integer", "Range", "Ratio", "SampledData", "time", "dateTime", "Period"],
            value.Types.Select(t => t.Code)
        );

        var status = Schema.FindType("Observation")!.FindElement("status")!;
        Assert.Equal((1, 1, true, true), (status.Min, status.Max, status.IsModifier, status.IsSummary));
        Assert.Equal("http://hl7.org/fhir/ValueSet/observation-status", status.RequiredBinding!.Url);

        var subject = Schema.FindType("Observation")!.FindElement("subject")!;
        Assert.Equal("Patient Group Device Location", string.Join(' ', Assert.Single(subject.Types).Targets));
        Assert.Empty(Schema.FindType("Observation")!.FindElement("focus")!.Types[0].Targets);
    }

    [Fact]
    public void A_content_reference_has_the_type_it_refers_to()
    {
        var item = Schema.FindType("Questionnaire.item")!.FindElement("item")!;
        Assert.Equal("Questionnaire.item", item.ContentReference);
        Assert.Same(Schema.FindType("Questionnaire.item"), item.Types[0].Type);
    }

    [Fact]
    public void A_constrained_type_overrides_an_element_in_its_place()
    {
        var low = Schema.FindType("Observation.referenceRange")!.FindElement("low")!;
        Assert.Equal(("Quantity", "SimpleQuantity"), (low.Types[0].Code, low.Types[0].Type.Name));
        Assert.Equal(0, low.Types[0].Type.FindElement("comparator")!.Max);
        Assert.Equal(Schema.FindType("Quantity")!.Elements.Select(e => e.Name), low.Types[0].Type.Elements.Select(e => e.Name));
    }

    [Fact]
    public void Every_element_is_at_its_index_and_has_types() =>
        Assert.All(
            Schema.Types.Values,
            type =>
                Assert.All(
                    type.Elements.Select((e, i) => (e, i)),
                    pair =>
                    {
                        Assert.Equal(pair.i, pair.e.Index);
                        Assert.NotEmpty(pair.e.Types);
                        Assert.True(pair.e.Min <= pair.e.Max || pair.e.Max == 0, pair.e.Path);
                    }
                )
        );

    [Fact]
    public void Invariants_are_with_the_types_and_elements_they_bind_upon()
    {
        Assert.Equal(
            ["dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "obs-6", "obs-7"],
            Schema.FindType("Observation")!.Invariants.Select(i => i.Key).Order(StringComparer.Ordinal)
        );
        var obs6 = Schema.FindType("Observation")!.Invariants.Single(i => i.Key == "obs-6");
        Assert.Equal((true, "dataAbsentReason.empty() or value.empty()"), (obs6.IsError, obs6.Expression));
        Assert.False(Schema.FindType("Patient")!.Invariants.Single(i => i.Key == "dom-6").IsError);
        Assert.Contains(Schema.FindType("Reference")!.Invariants, i => i.Key == "ref-1");
        Assert.Contains(Schema.FindType("Patient.contact")!.Invariants, i => i.Key == "pat-1");
        Assert.Contains(Schema.FindType("Questionnaire.item")!.Invariants, i => i.Key == "que-1");

        Assert.NotEqual(
            Schema.FindType("Task")!.Invariants.Single(i => i.Key == "inv-1").Expression,
            Schema.FindType("Parameters.parameter")!.Invariants.Single(i => i.Key == "inv-1").Expression
        );
    }

    [Fact]
    public void A_required_binding_has_its_codes_by_system()
    {
        var status = Schema.FindValueSet("http://hl7.org/fhir/ValueSet/observation-status|4.0.1")!;
        Assert.Equal(
            "registered preliminary final amended corrected cancelled entered-in-error unknown",
            string.Join(' ', Assert.Single(status.Systems).Codes)
        );
        Assert.True(status.Contains("final"u8));
        Assert.False(status.Contains("Final"u8));
        Assert.True(status.Contains("http://hl7.org/fhir/observation-status"u8, "final"u8));
        Assert.False(status.Contains("http://hl7.org/fhir/observation-status-x"u8, "final"u8));

        Assert.True(Schema.FindValueSet("http://hl7.org/fhir/ValueSet/mimetypes")!.IsOpen);
        Assert.Equal(148, Schema.FindValueSet("http://hl7.org/fhir/ValueSet/resource-types")!.Systems[0].Codes.Length);
        Assert.Null(Schema.FindValueSet("http://hl7.org/fhir/ValueSet/nonsense"));
    }

    [Fact]
    public void Every_code_of_every_value_set_is_found() =>
        Assert.All(
            Schema.ValueSets.Values,
            set =>
                Assert.All(
                    set.Systems,
                    s =>
                        Assert.All(
                            s.Codes,
                            code =>
                                Assert.True(
                                    set.Contains(Encoding.UTF8.GetBytes(code))
                                        && set.Contains(Encoding.UTF8.GetBytes(s.System), Encoding.UTF8.GetBytes(code))
                                )
                        )
                )
        );
}
