using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;

namespace Interop.Fhir.Tests.Validation;

/// <summary>No input makes the validator throw, at either level.</summary>
public class FuzzTests
{
    private static readonly string[] Tokens =
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "null",
        "true",
        "0",
        "-",
        "1e999",
        "\\",
        "\\u0000",
        "\\uD800",
        "\\u",
        "{}",
        "[]",
        "[[",
        "\"\"",
        "\"_\":",
        "\"resourceType\":\"Patient\"",
        "\"extension\":[{",
        "\"contained\":[{",
        "<",
        "&",
        "&#",
        "<div",
        "</div>",
        "<!--",
        "\uFEFF",
        "\u2028",
        "9999999999999999999999",
        "2024-02-30",
        "T",
        "+14:00",
    ];

    [Fact]
    public void No_mutation_makes_the_validator_throw()
    {
        var runs = Fuzz.Runs(10_000);
        var full = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default }
        );
        var random = new Random(20240101);
        var seeds = SampleResources.All.Select(Expect.Utf8).Concat(TestData.SmallExamples).ToArray();
        var tokens = Tokens.Select(System.Text.Encoding.UTF8.GetBytes).ToArray();
        var errors = 0;
        for (var run = 0; run < runs; run++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToList();
            for (var mutations = random.Next(1, 6); mutations > 0; mutations--)
                Mutate(bytes, random, tokens, seeds);
            var input = bytes.ToArray();
            try
            {
                errors += (run % 4 == 0 ? full : ResourceValidator.Default).Validate(input).HasErrors ? 1 : 0;
            }
            catch (Exception e)
            {
                Assert.Fail($"run {run}: {e}\n{Convert.ToBase64String(input)}");
            }
        }

        Assert.InRange(errors, runs / 2, runs);
    }

    private static void Mutate(List<byte> bytes, Random random, byte[][] tokens, byte[][] seeds)
    {
        var at = random.Next(bytes.Count + 1);
        var length = random.Next(Math.Min(20, bytes.Count - at) + 1);
        switch (random.Next(7))
        {
            case 0:
                bytes.RemoveRange(at, length);
                break;
            case 1:
                bytes.InsertRange(at, tokens[random.Next(tokens.Length)]);
                break;
            case 2 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 3 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                var other = seeds[random.Next(seeds.Length)];
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(40, other.Length - from)).ToArray());
                break;
        }
    }
}
