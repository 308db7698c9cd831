using System.Text;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Hospital;

/// <summary>A person's name; the login stem is plain ASCII.</summary>
internal readonly record struct PersonName(string Given, string Family, string LoginStem);

/// <summary>Where a person lives.</summary>
internal readonly record struct HomeAddress(int Number, string Street, Names.Place Place);

/// <summary>Draws names and addresses.</summary>
internal static class Persons
{
    public static PersonName Name(ref SplitMix random, out bool isWoman)
    {
        var origin = random.Pick(Names.Origins);
        isWoman = random.Chance(52);
        var given = random.Pick(isWoman ? origin.Women : origin.Men);
        var family = random.Pick(origin.Families);
        // Double names, so that two people with one family name are rarely strangers.
        if (random.Chance(75))
            family = $"{family}-{random.Pick(random.Pick(Names.Origins).Families)}";
        return new PersonName(given, family, LoginStem(given, family));
    }

    public static HomeAddress Address(ref SplitMix random) =>
        new(random.Between(1, 990), random.Pick(Names.Streets), random.Pick(Names.Places));

    private static string LoginStem(string given, string family)
    {
        var stem = new StringBuilder();
        foreach (var letter in (given[..1] + family).Normalize(NormalizationForm.FormD).ToLowerInvariant())
        {
            if (letter == '-')
                break;
            if (char.IsAsciiLetter(letter))
                stem.Append(letter);
        }
        return stem.Length < 2 ? "u" + stem.ToString() : stem.ToString(0, Math.Min(10, stem.Length));
    }
}
