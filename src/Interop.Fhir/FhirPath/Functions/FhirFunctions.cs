using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>The functions that FHIR adds to FHIRPath (R4, fhirpath.html, additional functions) and those that SQL on FHIR adds (v2,
/// required functions).</summary>
internal static class FhirFunctions
{
    private const string BaseProfile = "http://hl7.org/fhir/StructureDefinition/";

    /// <summary>Whether a primitive has a value, rather than extensions only.</summary>
    public static void HasValue(in Call call) => call.Result(call.Count == 1 && call.E[call.Mark].Kind != NodeKind.None);

    public static void GetValue(in Call call)
    {
        if (call.TryInput(out var node) && node.Kind == NodeKind.None)
            call.Empty();
    }

    public static void Resolve(in Call call)
    {
        var e = call.E;
        var end = e.Top;
        for (var i = call.Mark; i < end; i++)
        {
            var node = e[i];
            var reference = node.Kind == NodeKind.String ? node.AsText() : null;
            if (
                node.Json.ValueKind == JsonValueKind.Object
                && node.Json.TryGetProperty("reference"u8, out var property)
                && property.ValueKind == JsonValueKind.String
            )
                reference = property.GetString();
            if (!string.IsNullOrEmpty(reference) && Find(e, reference) is { } found && Navigation.ResourceType(e.Model, found) is { } type)
                e.Push(FhirPathNode.FromJson(found, type));
        }
        e.Collapse(call.Mark, end);
    }

    private static JsonElement? Find(Evaluation e, string reference)
    {
        var resource = (e.Context.Resource ?? e.Input).Json;
        var root = (e.Context.RootResource ?? e.Context.Resource ?? e.Input).Json;
        if (reference[0] == '#')
            return FindContained(root, reference) ?? FindContained(resource, reference);
        return FindEntry(root, reference) ?? e.Context.Resolve?.Invoke(reference);
    }

    private static JsonElement? FindContained(JsonElement resource, string reference)
    {
        if (resource.ValueKind != JsonValueKind.Object)
            return null;
        // '#' alone is the containing resource (R4, references.html, contained).
        if (reference.Length == 1)
            return resource;
        if (!resource.TryGetProperty("contained"u8, out var contained) || contained.ValueKind != JsonValueKind.Array)
            return null;
        foreach (var item in contained.EnumerateArray())
        {
            if (
                item.ValueKind == JsonValueKind.Object
                && item.TryGetProperty("id"u8, out var id)
                && id.ValueKind == JsonValueKind.String
                && id.ValueEquals(reference.AsSpan(1))
            )
                return item;
        }
        return null;
    }

    /// <summary>In a Bundle, by the entry's fullUrl.</summary>
    internal static JsonElement? FindEntry(JsonElement bundle, string reference)
    {
        if (
            bundle.ValueKind != JsonValueKind.Object
            || !bundle.TryGetProperty("entry"u8, out var entries)
            || entries.ValueKind != JsonValueKind.Array
        )
            return null;
        foreach (var entry in entries.EnumerateArray())
        {
            if (
                entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("resource"u8, out var resource)
                || resource.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("fullUrl"u8, out var url)
                || url.ValueKind != JsonValueKind.String
            )
                continue;
            var fullUrl = url.GetString()!;
            if (fullUrl == reference || (fullUrl.EndsWith(reference, StringComparison.Ordinal) && fullUrl[^(reference.Length + 1)] == '/'))
                return resource;
        }
        return null;
    }

    public static void MemberOf(in Call call)
    {
        if (!call.TryValue(out var node) || !call.TryTextArgument(0, out var url))
        {
            call.Empty();
            return;
        }
        var e = call.E;
        bool? IsMember(string? system, string code) => e.Context.MemberOf?.Invoke(url, system, code) ?? e.Model.IsMember(url, system, code);
        var result =
            node.Kind == NodeKind.String
                ? IsMember(null, node.AsText()!)
                : Codings(node.Json)
                    .Select(coding => IsMember(coding.System, coding.Code))
                    .Aggregate(
                        (bool?)false,
                        (a, b) =>
                            a == true || b == true ? true
                            : a is null || b is null ? null
                            : false
                    );
        if (result is { } known)
            call.Result(known);
        else
            call.Empty();
    }

    private static IEnumerable<(string? System, string Code)> Codings(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            yield break;
        if (json.TryGetProperty("coding"u8, out var codings) && codings.ValueKind == JsonValueKind.Array)
        {
            foreach (var coding in codings.EnumerateArray())
            {
                foreach (var found in Codings(coding))
                    yield return found;
            }
        }
        else if (json.TryGetProperty("code"u8, out var code) && code.ValueKind == JsonValueKind.String)
        {
            yield return (
                json.TryGetProperty("system"u8, out var system) && system.ValueKind == JsonValueKind.String ? system.GetString() : null,
                code.GetString()!
            );
        }
    }

    public static void ConformsTo(in Call call)
    {
        if (!call.TryInput(out var node) || !call.TryTextArgument(0, out var url))
        {
            call.Empty();
            return;
        }
        var conforms = call.E.Context.ConformsTo?.Invoke(node, url);
        if (
            conforms is null
            && url.StartsWith(BaseProfile, StringComparison.Ordinal)
            && call.E.Model.FindType(url[BaseProfile.Length..]) is { } type
        )
            conforms = node.Type.IsSubtypeOf(type);
        call.Result(conforms ?? throw call.Error($"the profile {url} is not known"));
    }

    /// <summary>The key by which rows of other resources refer to this one: its id.</summary>
    public static void GetResourceKey(in Call call)
    {
        if (
            call.TryInput(out var node)
            && node.Json.ValueKind == JsonValueKind.Object
            && node.Json.TryGetProperty("id"u8, out var id)
            && id.ValueKind == JsonValueKind.String
            && node.Json.TryGetProperty("resourceType"u8, out _)
            && call.E.Model.FindType("id") is { } type
        )
            call.Result(FhirPathNode.FromJson(id, type));
        else
            call.Empty();
    }

    /// <summary>The key of the resource that each reference points to; with a type, only of references to that type.</summary>
    public static FunctionBody GetReferenceKey(string? type) =>
        (in Call call) =>
        {
            var e = call.E;
            int keep = call.Mark,
                end = e.Top;
            for (var i = call.Mark; i < end; i++)
            {
                var json = e[i].Json;
                if (
                    json.ValueKind == JsonValueKind.Object
                    && json.TryGetProperty("reference"u8, out var reference)
                    && reference.ValueKind == JsonValueKind.String
                    && ReferenceKey(reference.GetString()!, type) is { } key
                )
                    e[keep++] = FhirPathNode.FromString(key);
            }
            e.Cut(keep);
        };

    /// <summary>The id of <c>Patient/1</c>, <c>http://server/fhir/Patient/1</c> and <c>Patient/1/_history/2</c>; null for other references
    /// and types.</summary>
    internal static string? ReferenceKey(ReadOnlySpan<char> reference, string? type)
    {
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        if (history >= 0)
            reference = reference[..history];
        var slash = reference.LastIndexOf('/');
        if (slash <= 0 || reference[0] == '#' || reference.Contains('?'))
            return null;
        var id = reference[(slash + 1)..];
        var name = reference[..slash];
        name = name[(name.LastIndexOf('/') + 1)..];
        if (id.IsEmpty || name.IsEmpty || !char.IsAsciiLetterUpper(name[0]))
            return null;
        return type is null || name.SequenceEqual(type) ? id.ToString() : null;
    }

    /// <summary>Tests only that the text is a div; the validator checks that the XHTML is safe.</summary>
    public static void HtmlChecks(in Call call)
    {
        if (call.TryInput(out var node))
            call.Result(node.Kind == NodeKind.String && node.AsText()!.AsSpan().Trim().StartsWith("<div", StringComparison.Ordinal));
    }
}

/// <summary>extension(url): the extensions with that URL.</summary>
internal sealed class ExtensionOperation(Operation source, Operation url) : Operation
{
    private readonly MemberOperation _extensions = new(source, "extension");

    public override void Evaluate(Evaluation e)
    {
        if (!url.TryEvaluateSingle(e, out var wanted) || wanted.AsText() is not { } text)
            return;
        var mark = e.Top;
        _extensions.Evaluate(e);
        var keep = mark;
        for (var i = mark; i < e.Top; i++)
        {
            if (
                e[i].Json.ValueKind == JsonValueKind.Object
                && e[i].Json.TryGetProperty("url"u8, out var own)
                && own.ValueKind == JsonValueKind.String
                && own.ValueEquals(text)
            )
                e[keep++] = e[i];
        }
        e.Cut(keep);
    }
}
