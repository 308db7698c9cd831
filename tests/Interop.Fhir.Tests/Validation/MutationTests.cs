using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Interop.Fhir.Validation;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation;

public class MutationTests
{
    [Fact]
    public void The_samples_are_valid() => Assert.All(SampleResources.All, Expect.NoIssues);

    [Fact]
    public void Every_mutation_of_the_samples_is_found_at_its_place()
    {
        var mutations = SampleResources.All.SelectMany(s => Mutator.AllOf(s.Replace('\'', '"'))).ToList();
        Assert.InRange(mutations.Count, 1_500, 100_000);
        Assert.Equal([], mutations.Where(m => !IsFound(m)).Select(Describe));
    }

    [DataFact("synthea-100")]
    public void Mutations_of_published_resources_are_found_at_their_places()
    {
        var resources = TestData
            .ExampleFiles.Where(f => new FileInfo(f).Length < 20_000)
            .Select(File.ReadAllText)
            .Concat(TestData.SyntheaFiles.SelectMany(f => TestData.SyntheaResources(f).Take(3)).Select(Encoding.UTF8.GetString))
            .ToArray();
        var mutations = resources.Select(r => new Lazy<IReadOnlyList<Mutation>>(() => Mutator.AllOf(r))).ToArray();
        var choice = from resource in Gen.Elements(mutations) from mutation in Gen.Elements(resource.Value.ToArray()) select mutation;

        Prop.ForAll(choice.ToArbitrary(), m => IsFound(m).Label(Describe(m))).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    private static bool IsFound(Mutation mutation) =>
        ResourceValidator
            .Default.Validate(Encoding.UTF8.GetBytes(mutation.Json()))
            .Issues.Any(i => i.Severity == IssueSeverity.Error && i.Code == mutation.Code && i.Location == mutation.Location);

    private static string Describe(Mutation mutation) =>
        $"{mutation}, but found: "
        + string.Join(
            "; ",
            ResourceValidator
                .Default.Validate(Encoding.UTF8.GetBytes(mutation.Json()))
                .Issues.Select(i => $"{i.Code} at {i.Location}: {i.Text}")
        );
}
