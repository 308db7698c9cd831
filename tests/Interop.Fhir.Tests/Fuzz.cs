using System.Text.Json;
using System.Text.Json.Nodes;

namespace Interop.Fhir.Tests;

/// <summary>Random changes from fixed seeds: every run makes the same changes.</summary>
internal static class Fuzz
{
    // JsonNode cannot write a lone surrogate, which JSON text can hold.
    private const string LoneSurrogate = "@lone@";

    private static readonly string[] PathScraps =
    [
        "(",
        ")",
        "'",
        ".",
        "[0]",
        " | ",
        " is ",
        "{}",
        "name",
        "given",
        ".first()",
        " = ",
        "1",
        "-",
        "@2015",
        "%x",
        "%rowIndex",
        "$this",
        "div",
        " 'mg'",
        "\\u00",
        "as",
        ".where(",
        "\"",
        "`",
        "iif(",
        "repeat(",
        ".ofType(",
        "getResourceKey()",
        "descendants()",
        "%c",
        " and ",
        "''",
        "9999999999999999999",
        ".toString()",
        "combine(",
        "lowBoundary()",
        ".repeat($this & $this)",
        ".repeatAll($this)",
        ".aggregate($total | $this, {})",
        ".aggregate($total.combine($total), 1)",
        ".descendants().select(%resource.descendants())",
        ".replace('', 'aaaaaaaaaaaaaaaaaaaaaaaa')",
        ".replaceMatches('.', '$_$_')",
        ".matches('(a+)+$')",
        ".combine($this).combine($this)",
        ".repeat(children() | children())",
    ];

    private static readonly string[] JsonScraps =
    [
        "null",
        "true",
        "1",
        "1.5e400",
        "-9223372036854775808",
        "\"x\"",
        "\"\"",
        "[]",
        "{}",
        "[[1]]",
        "[null]",
        "{\"value\":\"x\"}",
        "{\"extension\":1}",
        "\"2024-13-45\"",
        $"\"{LoneSurrogate}\"",
        "\"\\u0000\"",
        "\"=1\"",
    ];

    /// <summary>How many inputs: a share of the 20,000 that every run of the tests takes, or with INTEROP_LONG=1 a million.</summary>
    public static int Runs(int usually) => Environment.GetEnvironmentVariable("INTEROP_LONG") == "1" ? 1_000_000 : usually;

    /// <summary>Cuts something out of an expression, puts something in, or both.</summary>
    public static string Path(string text, Random random)
    {
        int at = random.Next(text.Length + 1),
            length = random.Next(Math.Min(6, text.Length - at + 1));
        var scrap = PathScraps[random.Next(PathScraps.Length)];
        return random.Next(3) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, scrap),
            _ => text.Remove(at, length).Insert(at, scrap),
        };
    }

    /// <summary>Up to three changes to a document that leave it JSON: values replaced, removed, repeated, moved under another
    /// name.</summary>
    public static string Json(JsonNode document, Random random, Func<JsonValue, string?>? changedText = null)
    {
        var root = document.DeepClone();
        for (var change = random.Next(4); change > 0; change--)
        {
            List<JsonNode> nodes = [.. All(root).Skip(1)];
            if (nodes.Count > 0)
                Change(nodes[random.Next(nodes.Count)], nodes, random, changedText);
        }
        return root.ToJsonString().Replace(LoneSurrogate, "\\ud800", StringComparison.Ordinal);
    }

    private static void Change(JsonNode node, List<JsonNode> nodes, Random random, Func<JsonValue, string?>? changedText)
    {
        var text = node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? changedText?.Invoke(value) : null;
        switch (random.Next(text is null ? 4 : 6))
        {
            case 0:
                node.ReplaceWith(JsonNode.Parse(JsonScraps[random.Next(JsonScraps.Length)]));
                break;
            case 1 when node.Parent is JsonArray array:
                array.Remove(node);
                break;
            case 1:
                node.Parent!.AsObject().Remove(node.GetPropertyName());
                break;
            case 2 when node.Parent is JsonArray array:
                array.Add(node.DeepClone());
                break;
            case 2 when nodes[random.Next(nodes.Count)] is { Parent: JsonObject } other:
                node.Parent!.AsObject()[other.GetPropertyName()] = node.DeepClone();
                break;
            case 3 when random.Next(4) == 0 && node.Parent is JsonObject named:
                named[LoneSurrogate] = node.DeepClone();
                break;
            case 3:
                node.ReplaceWith(nodes[random.Next(nodes.Count)].DeepClone());
                break;
            default:
                node.ReplaceWith(JsonValue.Create(text ?? ""));
                break;
        }
    }

    private static IEnumerable<JsonNode> All(JsonNode node) =>
        node switch
        {
            JsonObject o => o.Select(p => p.Value).OfType<JsonNode>().SelectMany(All).Prepend(node),
            JsonArray a => a.OfType<JsonNode>().SelectMany(All).Prepend(node),
            _ => [node],
        };
}
