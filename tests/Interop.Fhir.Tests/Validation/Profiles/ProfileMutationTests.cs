using System.Text;
using System.Text.Json.Nodes;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.Tests;

namespace Interop.Fhir.Tests.Validation.Profiles;

/// <summary>Mutations of the examples of published packages, each of which breaks one rule of a claimed profile: how many of each kind are
/// found at their place. docs/validation.md has the table.</summary>
public class ProfileMutationTests
{
    private const string Data = "packages";
    private const int MostOfAKind = 300;
    private const int Seed = 14;

    /// <summary>The least share that must be found, in percent. A code of a value set that the package does not list is not found: it is
    /// decided by a terminology server only.</summary>
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["required element missing"] = 100,
        ["element repeated"] = 100,
        ["prohibited element"] = 100,
        ["fixed value"] = 100,
        ["pattern"] = 100,
        ["required slice missing"] = 100,
        ["slice repeated"] = 100,
        ["type of a choice"] = 100,
        ["target of a reference"] = 100,
        ["invariant"] = 100,
        ["claim of a profile of another type"] = 100,
        ["required binding"] = 95,
        ["maximum value set"] = 0,
        ["extensible binding"] = 25,
        ["extension: required element missing"] = 100,
        ["extension: fixed value"] = 100,
        ["extension: required slice missing"] = 100,
        ["extension: slice repeated"] = 100,
        ["extension: prohibited element"] = 100,
        ["extension: required binding"] = 0,
        ["extension: extensible binding"] = 0,
    };

    [DataFact(Data)]
    public void Mutations_of_published_examples_are_found_as_often_as_the_table_says()
    {
        var mutations = Directory
            .EnumerateFiles(PublishedData.Require(Data), "*.tgz")
            .Order(StringComparer.Ordinal)
            .SelectMany(Of)
            .ToArray();
        new Random(Seed).Shuffle(mutations);
        var lines = new List<string>();
        var tooFew = new List<string>();
        foreach (var kind in mutations.GroupBy(m => m.Mutation.Kind).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var chosen = kind.Take(MostOfAKind).ToList();
            var missed = chosen.Where(m => !IsFound(m.Validator, m.Mutation)).ToList();
            var share = 100.0 * (chosen.Count - missed.Count) / chosen.Count;
            lines.Add($"{kind.Key}: {chosen.Count - missed.Count} of {chosen.Count} ({kind.Count()} in all)");
            if (share < Floors[kind.Key])
                tooFew.Add(
                    $"{lines[^1]}, at least {Floors[kind.Key]} %; missed: {string.Join("; ", missed.Take(8).Select(m => $"{m.Example} {m.Mutation.Location}"))}"
                );
        }

        Assert.True(tooFew.Count == 0, string.Join('\n', tooFew.Concat(lines)));
        Assert.InRange(lines.Count, 16, Floors.Count);
    }

    private sealed record Chosen(string Example, ResourceValidator Validator, ProfileMutation Mutation);

    private static IEnumerable<Chosen> Of(string archive)
    {
        var package = ProfilePackage.Load([archive]);
        var validator = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { ProfileChecker = new ProfileSet(R4Schema.Default, package, [], null) }
        );
        var definitions = ProfileExamples.Definitions(archive);
        foreach (var (name, bytes) in ProfileExamples.Of(archive))
        {
            if (bytes.Length > 50_000 || validator.Validate(bytes) is { HasErrors: true } or { ResourceType: null })
                continue;
            var resource = JsonNode.Parse(bytes)!.AsObject();
            foreach (var mutation in ProfileMutator.AllOf(resource, definitions))
                yield return new Chosen($"{Path.GetFileName(archive)} {name}", validator, mutation);
        }
    }

    private static bool IsFound(ResourceValidator validator, ProfileMutation mutation) =>
        validator
            .Validate(Encoding.UTF8.GetBytes(mutation.Json()))
            .Issues.Any(i => i.Severity <= mutation.Severity && IsNear(i.Location, mutation.Location));

    // At the place, above it (a value that fits no slice) or below it (a part of the value).
    private static bool IsNear(string found, string expected) => IsWithin(found, expected) || IsWithin(expected, found);

    private static bool IsWithin(string inner, string outer) =>
        inner.StartsWith(outer, StringComparison.Ordinal) && (inner.Length == outer.Length || inner[outer.Length] is '.' or '[');
}
