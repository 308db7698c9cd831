using System.Reflection;
using System.Text.RegularExpressions;
using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Api;

/// <summary>The two lists of the API: <c>PublicApi.txt</c>, every signature; <c>engine/API.md</c>, every line with its tests.</summary>
public sealed partial class ApiTests
{
    private const string ListName = "PublicApi.txt";

    /// <summary>On Orleans: the signatures of the embedded engine are those of Orleans.</summary>
    [Fact]
    public void The_engine_has_every_member_of_the_list_with_its_signature()
    {
        var members = PublicApi.Types().SelectMany(PublicApi.Of).ToHashSet();
        var missing = Lines(ListName).Where(line => !members.Contains(line)).ToArray();
        Assert.True(missing.Length == 0, $"Missing:\n{string.Join('\n', missing)}");
    }

    [EmbeddedFact]
    public void The_embedded_engine_has_no_member_beyond_the_list()
    {
        var members = PublicApi.Types().SelectMany(PublicApi.DeclaredBy).Distinct().Order(StringComparer.Ordinal).ToArray();
        var file = Path.Combine(AppContext.BaseDirectory, ListName);
        File.WriteAllLines(file, members);
        Assert.True(
            Lines(ListName).ToHashSet().SetEquals(members),
            $"The public API has changed. Compare it with Orleans, then copy {file} to Orleans.Local.Tests/Api."
        );
    }

    [Fact]
    public void Every_row_of_the_API_page_names_tests_that_exist()
    {
        var tests = typeof(ApiTests)
            .Assembly.GetTypes()
            .SelectMany(type =>
                type.GetMethods().Where(m => m.IsDefined(typeof(FactAttribute))).Select(m => $"{m.DeclaringType!.Name}.{m.Name}")
            )
            .ToHashSet();
        var rows = Rows().ToArray();
        Assert.True(rows.Length > 60, $"The page has {rows.Length} rows.");
        Assert.All(
            rows,
            row =>
            {
                var named = Code().Matches(row.Tests).Select(m => m.Groups[1].Value).ToArray();
                Assert.True(named.Length > 0, $"No test: {row.Api}");
                Assert.All(named, test => Assert.True(tests.Contains(test), $"{row.Api}: there is no test {test}"));
            }
        );
    }

    [EmbeddedFact]
    public void The_API_page_names_every_public_type_and_extension_method()
    {
        var page = string.Join('\n', Rows().Select(row => row.Api));
        var names = PublicApi
            .Types()
            .SelectMany(type => type is { IsAbstract: true, IsSealed: true } ? ExtensionsOf(type) : [NameOf(type)])
            .Distinct();
        Assert.Equal([], names.Where(name => !Regex.IsMatch(page, $@"\b{Regex.Escape(name)}\b")).Order());
    }

    private static IEnumerable<string> ExtensionsOf(Type type) =>
        type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(m => !m.IsSpecialName)
            .Select(m => m.Name);

    private static string NameOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        return name.EndsWith("Attribute", StringComparison.Ordinal) && !type.IsAbstract ? name[..^"Attribute".Length] : name;
    }

    /// <summary>The rows of the page's tables: what the API is, and its tests.</summary>
    private static IEnumerable<(string Api, string Tests)> Rows() =>
        Lines("API.md")
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split(" | "))
            .Where(cells => cells is [not "| API", _])
            .Select(cells => (cells[0], cells[1]));

    private static string[] Lines(string resource)
    {
        using var reader = new StreamReader(typeof(ApiTests).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
