using System.Collections.Immutable;
using System.Text.Json;

namespace Interop.Dashboard.Components;

/// <summary>
/// JSON, indented, with the lines marked that a location points to. A location is a FHIRPath as issues carry it, such as
/// <c>Patient.contact[0].name</c>. When an element is missing, the nearest one that is there is marked.
/// </summary>
public sealed class MarkedJson
{
    private const int MaxLines = 5_000;

    private readonly List<(string Text, string Path)> _lines = [];

    private MarkedJson() { }

    /// <summary>The lines, with whether they are marked.</summary>
    public ImmutableArray<MarkedLine> Lines { get; private set; } = [];

    /// <summary>Whether the text was JSON; else it is shown as it is.</summary>
    public bool IsJson { get; private set; } = true;

    public static MarkedJson Of(string json, IReadOnlyList<string> locations)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(locations);
        var marked = new MarkedJson();
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.String)
                return Text(document.RootElement.GetString()!);
            marked.Write(document.RootElement, "", "", "", "");
        }
        catch (JsonException)
        {
            return Text(json);
        }

        var wanted = locations.Select(location => marked.Nearest(WithoutType(location))).OfType<string>().ToHashSet(StringComparer.Ordinal);
        marked.Lines =
        [
            .. marked._lines.Select(line => new MarkedLine(line.Text, wanted.Any(path => line.Path == path || IsBelow(line.Path, path)))),
        ];
        return marked;
    }

    private static MarkedJson Text(string text) =>
        new() { IsJson = false, Lines = [.. text.Split('\n').Take(MaxLines).Select(line => new MarkedLine(line.TrimEnd('\r'), false))] };

    private static bool IsBelow(string path, string ancestor) =>
        ancestor.Length > 0
        && path.Length > ancestor.Length
        && path.StartsWith(ancestor, StringComparison.Ordinal)
        && path[ancestor.Length] is '.' or '[';

    /// <summary>Without the resource type at the beginning, and with an index after each name that has none kept as it is.</summary>
    private static string WithoutType(string location)
    {
        var dot = location.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? "" : location[(dot + 1)..];
    }

    /// <summary>The path itself, or the longest part of it that is in the document; null: no part of it is.</summary>
    private string? Nearest(string path)
    {
        for (var rest = path; rest.Length > 0; rest = rest[..Math.Max(0, rest.LastIndexOfAny(['.', '[']))])
        {
            if (_lines.Any(line => line.Path == rest))
                return rest;
            if (_lines.Any(line => line.Path == $"{rest}[0]"))
                return $"{rest}[0]";
        }

        return null;
    }

    private void Write(JsonElement element, string path, string indent, string name, string comma)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.EnumerateObject().Any():
                Add($"{indent}{name}{{", path);
                var members = element.EnumerateObject().ToList();
                for (var i = 0; i < members.Count; i++)
                {
                    var below = path.Length == 0 ? members[i].Name : $"{path}.{members[i].Name}";
                    Write(members[i].Value, below, indent + "  ", $"\"{members[i].Name}\": ", i < members.Count - 1 ? "," : "");
                }

                Add($"{indent}}}{comma}", path);
                break;
            case JsonValueKind.Array when element.GetArrayLength() > 0:
                Add($"{indent}{name}[", path);
                for (var i = 0; i < element.GetArrayLength(); i++)
                    Write(element[i], $"{path}[{i}]", indent + "  ", "", i < element.GetArrayLength() - 1 ? "," : "");
                Add($"{indent}]{comma}", path);
                break;
            default:
                Add($"{indent}{name}{element.GetRawText()}{comma}", path);
                break;
        }
    }

    private void Add(string text, string path)
    {
        if (_lines.Count < MaxLines)
            _lines.Add((text, path));
    }
}

/// <summary>A line of <see cref="MarkedJson"/>.</summary>
public sealed record MarkedLine(string Text, bool IsMarked);
