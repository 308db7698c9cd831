using System.Formats.Tar;
using System.IO.Compression;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>Each rule of a profile: discriminators, bindings, ranges, types, invariants; and the errors of bad packages.</summary>
public sealed class ProfileRuleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-profiles-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Definition(
        string type,
        string elements,
        string name = "p",
        string? baseUrl = null,
        string view = "differential"
    ) =>
        $"{{'resourceType':'StructureDefinition','url':'http://example.org/{name}','derivation':'constraint','kind':'resource','type':'{type}','baseDefinition':'{baseUrl ?? "http://hl7.org/fhir/StructureDefinition/" + type}','{view}':{{'element':[{{'id':'{type}','path':'{type}'}},{elements}]}}}}";

    private string Check(string resource, ITerminology? terminology, params string[] definitions)
    {
        for (var i = 0; i < definitions.Length; i++)
            File.WriteAllBytes(Path.Combine(_folder, $"{i}.json"), Expect.Utf8(definitions[i]));
        var profiles = new ProfileSet(R4Schema.Default, ProfilePackage.Load([_folder]), [], terminology);
        var result = new ResourceValidator(R4Schema.Default, new ValidationOptions { ProfileChecker = profiles }).Validate(
            Expect.Utf8(resource)
        );
        return string.Join(", ", result.Issues.Select(i => $"{i.Severity} {i.Code} {i.Location}"));
    }

    private static string Observation(string content) =>
        $"{{'resourceType':'Observation','meta':{{'profile':['http://example.org/p']}},'status':'final','code':{{'text':'x'}},{content}}}";

    [Theory]
    [InlineData("'component':[{'code':{'text':'a'},'dataAbsentReason':{'text':'none'}}]", "")]
    [InlineData("'component':[{'code':{'text':'a'},'valueString':'x'}]", "Error required Observation.component")]
    public void Slices_are_distinguished_by_existence(string content, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation(content),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.component','path':'Observation.component','slicing':{'discriminator':[{'type':'exists','path':'dataAbsentReason'}],'rules':'open'}},"
                        + "{'id':'Observation.component:none','path':'Observation.component','sliceName':'none','min':1},{'id':'Observation.component:none.dataAbsentReason','path':'Observation.component.dataAbsentReason','min':1}"
                )
            )
        );

    [Theory]
    [InlineData("'hasMember':[{'reference':'Observation/1'}]", "")]
    [InlineData("'hasMember':[{'reference':'MolecularSequence/1'}]", "Error required Observation.hasMember")]
    [InlineData(
        "'hasMember':[{'reference':'#c'}],'contained':[{'resourceType':'Observation','id':'c','status':'final','code':{'text':'y'}}]",
        ""
    )]
    [InlineData(
        "'hasMember':[{'reference':'urn:uuid:c757873d-ec9a-4326-a141-556f43239520'}]",
        "Warning not-supported Observation.hasMember"
    )]
    public void Slices_are_distinguished_by_the_type_that_a_reference_resolves_to(string content, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation(content),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.hasMember','path':'Observation.hasMember','slicing':{'discriminator':[{'type':'type','path':'resolve()'}],'rules':'open'}},"
                        + "{'id':'Observation.hasMember:o','path':'Observation.hasMember','sliceName':'o','min':1,'type':[{'code':'Reference','targetProfile':['http://hl7.org/fhir/StructureDefinition/Observation']}]}"
                )
            )
        );

    [Theory]
    [InlineData("'extension':[{'url':'http://example.org/kind','valueCode':'a'}]", "")]
    [InlineData("'extension':[{'url':'http://example.org/kind','valueCode':'b'}]", "Error required Observation.component")]
    public void Slices_are_distinguished_by_an_extension(string extension, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation($"'component':[{{{extension},'code':{{'text':'x'}}}}]"),
                null,
                Definition(
                        "Observation",
                        "{'id':'Observation.component','path':'Observation.component','slicing':{'discriminator':[{'type':'value','path':\"extension('http://example.org/kind').value\"}],'rules':'open'}},"
                            + "{'id':'Observation.component:a','path':'Observation.component','sliceName':'a','min':1},"
                            + "{'id':'Observation.component:a.extension','path':'Observation.component.extension','slicing':{'discriminator':[{'type':'value','path':'url'}],'rules':'open'}},"
                            + "{'id':'Observation.component:a.extension:kind','path':'Observation.component.extension','sliceName':'kind'},"
                            + "{'id':'Observation.component:a.extension:kind.url','path':'Observation.component.extension.url','fixedUri':'http://example.org/kind'},"
                            + "{'id':'Observation.component:a.extension:kind.value[x]','path':'Observation.component.extension.value[x]','fixedCode':'a'}"
                    )
                    .Replace("\\\"", "\"", StringComparison.Ordinal)
                    .Replace(
                        "extension('http://example.org/kind')",
                        "extension(\\u0027http://example.org/kind\\u0027)",
                        StringComparison.Ordinal
                    )
            )
        );

    [Theory]
    [InlineData("{'resourceType':'Patient','id':'1','gender':'male'}", "")]
    [InlineData("{'resourceType':'Patient','id':'1'}", "Error required Bundle.entry")]
    public void Slices_are_distinguished_by_a_profile(string patient, string expected) =>
        Assert.Equal(
            expected,
            Check(
                $"{{'resourceType':'Bundle','meta':{{'profile':['http://example.org/b']}},'type':'collection','entry':[{{'fullUrl':'http://x/Patient/1','resource':{patient}}}]}}",
                null,
                Definition(
                    "Bundle",
                    "{'id':'Bundle.entry','path':'Bundle.entry','slicing':{'discriminator':[{'type':'profile','path':'resource'}],'rules':'open'}},{'id':'Bundle.entry:p','path':'Bundle.entry','sliceName':'p','min':1},"
                        + "{'id':'Bundle.entry:p.resource','path':'Bundle.entry.resource','type':[{'code':'Patient','profile':['http://example.org/p']}]}",
                    "b"
                ),
                Definition("Patient", "{'id':'Patient.gender','path':'Patient.gender','min':1}")
            )
        );

    private const string Colours =
        "{'resourceType':'ValueSet','url':'http://example.org/colours','compose':{'include':[{'system':'http://example.org/all'}],'exclude':[{'system':'http://example.org/all','concept':[{'code':'black'}]}]}}";
    private const string AllColours =
        "{'resourceType':'CodeSystem','url':'http://example.org/all','content':'complete','concept':[{'code':'red','concept':[{'code':'dark-red'}]},{'code':'black'}]}";

    [Theory]
    [InlineData("http://example.org/all", "red", "")]
    [InlineData("http://example.org/all", "dark-red", "")]
    [InlineData("http://example.org/all", "black", "Error code-invalid Observation.method")]
    [InlineData("http://example.org/all", "green", "Error code-invalid Observation.method")]
    [InlineData("http://other", "red", "Error code-invalid Observation.method")]
    public void Value_sets_and_code_systems_of_a_package_are_used(string system, string code, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation($"'method':{{'coding':[{{'system':'{system}','code':'{code}'}}]}}"),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.method','path':'Observation.method','binding':{'strength':'required','valueSet':'http://example.org/colours|1'}}"
                ),
                Colours,
                AllColours
            )
        );

    [Theory]
    [InlineData("required", "", "Error code-invalid Observation.method")]
    [InlineData("maximum", "", "Error code-invalid Observation.method")]
    [InlineData("extensible", "", "Warning code-invalid Observation.method")]
    [InlineData("preferred", "", "")]
    [InlineData("required", ",{'url':'usage','valueUsageContext':{'code':{'code':'age'}}}", "")]
    public void An_additional_binding_counts_by_its_purpose(string purpose, string usage, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation("'method':{'coding':[{'system':'http://c','code':'blue'}]}"),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.method','path':'Observation.method','binding':{'strength':'example','extension':[{'url':'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',"
                        + $"'extension':[{{'url':'purpose','valueCode':'{purpose}'}},{{'url':'valueSet','valueCanonical':'http://example.org/greens'}}{usage}]}}]}}}}"
                ),
                "{'resourceType':'ValueSet','url':'http://example.org/greens','compose':{'include':[{'system':'http://c','concept':[{'code':'green'}]}]}}"
            )
        );

    private sealed class OnlyGreen : ITerminology
    {
        public bool? Contains(string valueSet, string? system, string code) => code == "green";
    }

    [Theory]
    [InlineData("green", "")]
    [InlineData("blue", "Error code-invalid Observation.method")]
    public void A_terminology_decides_what_the_package_cannot(string code, string expected)
    {
        var definition = Definition(
            "Observation",
            "{'id':'Observation.method','path':'Observation.method','binding':{'strength':'required','valueSet':'http://example.org/unknown'}}"
        );
        var resource = Observation($"'method':{{'coding':[{{'system':'http://x','code':'{code}'}}]}}");
        Assert.Equal("", Check(resource, null, definition));
        Assert.Equal(expected, Check(resource, new OnlyGreen(), definition));
    }

    [Theory]
    [InlineData("'valueInteger':5", "")]
    [InlineData("'valueInteger':11", "Error value Observation.value")]
    [InlineData("'valueInteger':0", "Error value Observation.value")]
    [InlineData("'valueString':'a'", "Error structure Observation.value")]
    public void Values_have_a_range_and_allowed_types(string content, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation(content),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.value[x]','path':'Observation.value[x]','minValueInteger':1,'maxValueInteger':10,'type':[{'code':'integer'}]}"
                )
            )
        );

    [Theory]
    [InlineData("abc", "")]
    [InlineData("abcd", "Error too-long Observation.value")]
    public void Strings_have_a_largest_length(string text, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation($"'valueString':'{text}'"),
                null,
                Definition("Observation", "{'id':'Observation.value[x]','path':'Observation.value[x]','maxLength':3}")
            )
        );

    [Theory]
    [InlineData("'valueInteger':5", "")]
    [InlineData("'valueInteger':50", "Error invariant Observation, Warning invariant Observation.value")]
    public void Invariants_of_a_profile_are_evaluated(string content, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation(content),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation','path':'Observation','constraint':[{'key':'x-1','severity':'error','human':'small','expression':'value.ofType(integer) < 10'}]},"
                        + "{'id':'Observation.value[x]','path':'Observation.value[x]','constraint':[{'key':'x-2','severity':'warning','human':'small','expression':'$this < 10'}]}"
                )
            )
        );

    [Theory]
    [InlineData("'category':[{'coding':[{'system':'http://c','code':'social'}]}]", "")]
    [InlineData("'category':[{'coding':[{'system':'http://c','code':'other'}]}]", "Error required Observation.category")]
    public void A_slice_name_may_have_a_slash(string content, string expected) =>
        Assert.Equal(
            expected,
            Check(
                Observation(content),
                null,
                Definition(
                    "Observation",
                    "{'id':'Observation.category','path':'Observation.category','slicing':{'discriminator':[{'type':'pattern','path':'$this'}],'rules':'open'}},"
                        + "{'id':'Observation.category:core/social','path':'Observation.category','sliceName':'core/social','min':1,'patternCodeableConcept':{'coding':[{'system':'http://c','code':'social'}]}}"
                )
            )
        );

    [Fact]
    public void A_differential_adds_to_the_slices_of_its_base()
    {
        var baseDefinition = Definition(
            "Observation",
            "{'id':'Observation.category','path':'Observation.category','slicing':{'discriminator':[{'type':'pattern','path':'$this'}],'rules':'open'}},"
                + "{'id':'Observation.category:lab','path':'Observation.category','sliceName':'lab','min':1,'patternCodeableConcept':{'coding':[{'code':'laboratory'}]}}",
            "base",
            view: "snapshot"
        );
        var derived = Definition(
            "Observation",
            "{'id':'Observation.category:lab.text','path':'Observation.category.text','min':1}",
            baseUrl: "http://example.org/base"
        );

        Assert.Equal(
            "Error required Observation.category[0].text",
            Check(Observation("'category':[{'coding':[{'code':'laboratory'}]}]"), null, baseDefinition, derived)
        );
        Assert.Equal("Error required Observation.category", Check(Observation("'category':[{'text':'x'}]"), null, baseDefinition, derived));
        Assert.Equal("", Check(Observation("'category':[{'text':'x','coding':[{'code':'laboratory'}]}]"), null, baseDefinition, derived));
    }

    [Fact]
    public void A_required_profile_is_checked_without_a_claim()
    {
        File.WriteAllBytes(
            Path.Combine(_folder, "p.json"),
            Expect.Utf8(Definition("Patient", "{'id':'Patient.gender','path':'Patient.gender','min':1}"))
        );
        var package = ProfilePackage.Load([_folder]);
        var validator = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { ProfileChecker = new ProfileSet(R4Schema.Default, package, ["http://example.org/p|1"], null) }
        );

        Assert.Equal("Patient.gender", Assert.Single(validator.Validate("""{"resourceType":"Patient"}"""u8).Issues).Location);
        Assert.Empty(validator.Validate("""{"resourceType":"Organization","name":"x"}"""u8).Issues);
        Assert.Contains(
            "http://example.org/none",
            Assert.Throws<ArgumentException>(() => new ProfileSet(R4Schema.Default, package, ["http://example.org/none"], null)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_profile_without_snapshot_whose_base_is_missing_or_itself_is_refused()
    {
        static string Message(params string[] definitions) =>
            Assert
                .Throws<ArgumentException>(() => new ProfileSet(R4Schema.Default, definitions.Select(d => Profile.Load(Expect.Utf8(d)))))
                .Message;
        var gender = "{'id':'Patient.gender','path':'Patient.gender'}";

        Assert.Contains(
            "its base http://example.org/none is not loaded",
            Message(Definition("Patient", gender, baseUrl: "http://example.org/none")),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is its own base",
            Message(Definition("Patient", gender, "a", "http://example.org/b"), Definition("Patient", gender, "b", "http://example.org/a")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Profiles_that_refer_to_each_other_end()
    {
        var part = "{'id':'Questionnaire.item','path':'Questionnaire.item'}";
        var extension = Definition(
            "Extension",
            "{'id':'Extension.extension','path':'Extension.extension','type':[{'code':'Extension','profile':['http://example.org/e']}]}",
            "e"
        );
        var nested =
            string.Concat(Enumerable.Repeat("{'url':'http://example.org/e','extension':[", 40))
            + "{'url':'http://example.org/e','valueString':'x'}"
            + string.Concat(Enumerable.Repeat("]}", 40));
        Assert.Equal(
            "",
            Check(
                $"{{'resourceType':'Questionnaire','meta':{{'profile':['http://example.org/p']}},'status':'draft','extension':[{nested}]}}",
                null,
                Definition("Questionnaire", part),
                extension
            )
        );
    }

    [Fact]
    public void Resources_that_refer_to_each_other_are_each_checked_once()
    {
        // Followed along each path, 40 resources with 40 references each would never end.
        var references = string.Join(',', Enumerable.Range(0, 40).Select(i => $"{{'reference':'urn:uuid:{Id(i)}'}}"));
        var entries = Enumerable
            .Range(0, 40)
            .Select(i => $"{{'fullUrl':'urn:uuid:{Id(i)}','resource':{Observation($"'hasMember':[{references}]")}}}");
        static string Id(int i) => $"00000000-0000-4000-8000-0000000000{i:00}";

        var found = Check(
            $"{{'resourceType':'Bundle','type':'collection','entry':[{string.Join(',', entries)}]}}",
            null,
            Definition(
                "Observation",
                "{'id':'Observation.hasMember','path':'Observation.hasMember','slicing':{'discriminator':[{'type':'profile','path':'resolve()'}],'rules':'closed'}},"
                    + "{'id':'Observation.hasMember:same','path':'Observation.hasMember','sliceName':'same','type':[{'code':'Reference','targetProfile':['http://example.org/p']}]}"
            )
        );

        Assert.DoesNotContain("Error", found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_of_too_many_files_is_refused()
    {
        var file = Path.Combine(_folder, "many.tgz");
        using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            for (var i = 0; i <= 50_000; i++)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"package/{i}.txt"));
        }

        Assert.Contains(
            "has more than 50,000 files",
            Assert.Throws<FormatException>(() => ProfilePackage.Load([file])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_package_that_ends_early_is_named()
    {
        var whole = Path.Combine(_folder, "whole.tgz");
        using (var gzip = new GZipStream(File.Create(whole), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, "package/a.json") { DataStream = new MemoryStream(new byte[100_000]) }
            );
        var cut = Path.Combine(_folder, "cut.tgz");
        File.WriteAllBytes(cut, File.ReadAllBytes(whole)[..^60]);

        Assert.StartsWith(cut, Assert.Throws<FormatException>(() => ProfilePackage.Load([cut])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_set_of_many_codes_is_looked_up_quickly()
    {
        var codes = string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"{{'code':'c{i}'}}"));
        var valueSet =
            $"{{'resourceType':'ValueSet','url':'http://example.org/many','compose':{{'include':[{{'system':'http://s','concept':[{codes}]}}]}}}}";
        var definition = Definition(
            "Observation",
            "{'id':'Observation.method','path':'Observation.method','binding':{'strength':'required','valueSet':'http://example.org/many'}}"
        );

        Assert.Equal("", Check(Observation("'method':{'coding':[{'system':'http://s','code':'c499999'}]}"), null, definition, valueSet));
        Assert.Equal(
            "Error code-invalid Observation.method",
            Check(Observation("'method':{'coding':[{'system':'http://s','code':'c500000'}]}"), null, definition, valueSet)
        );
    }

    [Fact]
    public void A_package_that_is_a_zip_bomb_is_refused()
    {
        var file = Path.Combine(_folder, "bomb.tgz");
        using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, "package/a.json") { DataStream = new MemoryStream(new byte[70 * 1024 * 1024]) }
            );

        Assert.Contains("too large", Assert.Throws<FormatException>(() => ProfilePackage.Load([file])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch#1.0.0", "there is no StructureDefinition file")]
    [InlineData("../../etc", "there is no StructureDefinition file")]
    public void A_source_that_is_not_there_is_named(string source, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => ProfilePackage.Load([source])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_a_package_is_named()
    {
        var file = Path.Combine(_folder, "x.tgz");
        File.WriteAllText(file, "not gzip");
        Assert.StartsWith(file, Assert.Throws<FormatException>(() => ProfilePackage.Load([file])).Message, StringComparison.Ordinal);
    }
}
