using System.Text;

namespace Interop.Fhir.Validation;

/// <summary>
/// Checks a narrative's div in one pass: well-formed XHTML in its namespace, only the elements and attributes of
/// <see cref="NarrativeVocabulary"/>, nothing that acts (scripts, events, forms) or loads from outside by itself, and some content.
/// </summary>
internal sealed class NarrativeMarkup
{
    private readonly List<Range> _open = [];
    private readonly List<Range> _attributes = [];
    private bool _hasContent;

    /// <summary>After <see cref="FindError"/>: what is suspicious in the narrative but no error, or null.</summary>
    public string? Warning { get; private set; }

    /// <summary>The first error, or null.</summary>
    public (string Code, string Text)? FindError(ReadOnlySpan<byte> xhtml)
    {
        _open.Clear();
        _hasContent = false;
        Warning = null;
        var at = SkipWhiteSpace(xhtml, 0);
        if (!xhtml[at..].StartsWith("<div"u8))
            return (IssueCode.Value, "The narrative is one div element: <div xmlns=\"http://www.w3.org/1999/xhtml\">...</div>.");

        do
        {
            var error = xhtml[at] == '<' ? ReadMarkup(xhtml, ref at) : ReadText(xhtml, ref at);
            if (error is not null)
                return error;
        } while (_open.Count > 0 && at < xhtml.Length);

        if (_open.Count > 0)
            return NotWellFormed(xhtml, at, $"<{Name(xhtml, _open[^1])}> is not closed");
        if (SkipWhiteSpace(xhtml, at) < xhtml.Length)
            return NotWellFormed(xhtml, at, "something follows the div");
        return _hasContent ? null : (IssueCode.Invariant, "txt-2: the narrative has no content: it must have some text or an image.");
    }

    private (string Code, string Text)? ReadText(ReadOnlySpan<byte> xhtml, ref int at)
    {
        if (xhtml[at] == '&')
            return ReadEntity(xhtml, ref at);

        var length = xhtml[at..].IndexOfAny("<&"u8);
        var text = length < 0 ? xhtml[at..] : xhtml.Slice(at, length);
        _hasContent |= text.IndexOfAnyExceptInRange((byte)0, (byte)0x20) >= 0;
        at += text.Length;
        return null;
    }

    private (string Code, string Text)? ReadEntity(ReadOnlySpan<byte> xhtml, ref int at)
    {
        var length = xhtml[at..].IndexOf((byte)';');
        var name = length < 0 ? default : xhtml.Slice(at + 1, length - 1);
        if (!IsEntity(name))
            return NotWellFormed(xhtml, at, "& begins no character entity; write &amp;");
        _hasContent |= !name.SequenceEqual("nbsp"u8);
        at += length + 1;
        return null;
    }

    private static bool IsEntity(ReadOnlySpan<byte> name)
    {
        if (name.Length == 0 || name.Length > 10)
            return false;
        if (name[0] != '#')
            return NarrativeVocabulary.Entities.Find(name) is not null;
        var isHex = name.Length > 1 && name[1] == 'x';
        var digits = name[(isHex ? 2 : 1)..];
        return uint.TryParse(
                digits,
                isHex ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None,
                null,
                out var code
            ) && code is 9 or 10 or 13 or (>= 0x20 and < 0xD800) or (> 0xDFFF and < 0xFFFE) or (> 0xFFFF and <= 0x10FFFF);
    }

    private (string Code, string Text)? ReadMarkup(ReadOnlySpan<byte> xhtml, ref int at)
    {
        var rest = xhtml[at..];
        if (rest.StartsWith("<!--"u8))
            return SkipTo(xhtml, ref at, "-->"u8, "a comment is not closed");
        if (rest.StartsWith("<![CDATA["u8))
        {
            _hasContent = true;
            return SkipTo(xhtml, ref at, "]]>"u8, "a CDATA section is not closed");
        }

        if (rest.StartsWith("<!"u8) || rest.StartsWith("<?"u8))
            return Forbidden(xhtml, at, "declarations and processing instructions are not allowed");
        return rest.StartsWith("</"u8) ? ReadEndTag(xhtml, ref at) : ReadStartTag(xhtml, ref at);
    }

    private static (string Code, string Text)? SkipTo(ReadOnlySpan<byte> xhtml, ref int at, ReadOnlySpan<byte> end, string error)
    {
        var length = xhtml[at..].IndexOf(end);
        if (length < 0)
            return NotWellFormed(xhtml, at, error);
        at += length + end.Length;
        return null;
    }

    private (string Code, string Text)? ReadEndTag(ReadOnlySpan<byte> xhtml, ref int at)
    {
        var name = ReadName(xhtml, at + 2);
        var end = SkipWhiteSpace(xhtml, name.End.Value);
        if (end >= xhtml.Length || xhtml[end] != '>' || !xhtml[name].SequenceEqual(xhtml[_open[^1]]))
            return NotWellFormed(xhtml, at, $"<{Name(xhtml, _open[^1])}> is not closed before another end tag");
        _open.RemoveAt(_open.Count - 1);
        at = end + 1;
        return null;
    }

    private (string Code, string Text)? ReadStartTag(ReadOnlySpan<byte> xhtml, ref int at)
    {
        var start = at;
        var name = ReadName(xhtml, at + 1);
        if (xhtml[name].Length == 0)
            return NotWellFormed(xhtml, at, "< begins no tag; write &lt;");
        if (NarrativeVocabulary.Elements.Find(xhtml[name]) is not { } element)
            return Forbidden(xhtml, at, $"the element <{Name(xhtml, name)}> is not allowed");

        _attributes.Clear();
        var hasNamespace = false;
        for (at = name.End.Value; ; )
        {
            var next = SkipWhiteSpace(xhtml, at);
            if (next >= xhtml.Length)
                return NotWellFormed(xhtml, start, $"<{element}> has no end");
            if (xhtml[next] is (byte)'>' or (byte)'/')
            {
                at = next;
                break;
            }

            if (next == at)
                return NotWellFormed(xhtml, at, $"white space is missing between the attributes of <{element}>");
            at = next;
            if (ReadAttribute(xhtml, ref at, element, ref hasNamespace) is { } error)
                return error;
        }

        if (_open.Count == 0 && !hasNamespace)
            return (IssueCode.Value, "The narrative's div lacks its namespace: xmlns=\"http://www.w3.org/1999/xhtml\".");
        _hasContent |= element == "img";
        return EndStartTag(xhtml, ref at, name);
    }

    private (string Code, string Text)? EndStartTag(ReadOnlySpan<byte> xhtml, ref int at, Range name)
    {
        if (xhtml[at] == '>')
        {
            _open.Add(name);
            at++;
            return null;
        }

        if (!xhtml[at..].StartsWith("/>"u8))
            return NotWellFormed(xhtml, at, $"<{Name(xhtml, name)}> has a / within");
        at += 2;
        return null;
    }

    private (string Code, string Text)? ReadAttribute(ReadOnlySpan<byte> xhtml, ref int at, string element, ref bool hasNamespace)
    {
        var name = ReadName(xhtml, at);
        var equals = SkipWhiteSpace(xhtml, name.End.Value);
        var open = equals < xhtml.Length && xhtml[equals] == '=' ? SkipWhiteSpace(xhtml, equals + 1) : xhtml.Length;
        var length = open < xhtml.Length && xhtml[open] is (byte)'"' or (byte)'\'' ? xhtml[(open + 1)..].IndexOf(xhtml[open]) : -1;
        if (xhtml[name].Length == 0 || length < 0)
            return NotWellFormed(xhtml, at, $"an attribute of <{element}> is not name=\"value\"");

        foreach (var other in _attributes)
        {
            if (xhtml[other].SequenceEqual(xhtml[name]))
                return NotWellFormed(xhtml, at, $"<{element}> has the attribute {Name(xhtml, name)} twice");
        }

        _attributes.Add(name);
        if (NarrativeVocabulary.Attributes.Find(xhtml[name]) is not { } attribute)
            return Forbidden(xhtml, at, $"the attribute {Name(xhtml, name)} of <{element}> is not allowed");

        var value = xhtml.Slice(open + 1, length);
        if (value.Contains((byte)'<') || !HasValidEntities(value))
            return NotWellFormed(xhtml, at, $"the attribute {attribute} of <{element}> has a bare < or &; write &lt; or &amp;");
        if (NarrativeSafety.FindDanger(attribute, value) is { } danger)
            return Forbidden(xhtml, at, $"the attribute {attribute} of <{element}> {danger}");
        if (Warning is null && NarrativeSafety.IsLoadingStyle(attribute, value))
            Warning = $"At character {Position(xhtml, at)} of the narrative the style of <{element}> loads something by url(.";
        hasNamespace |= attribute == "xmlns";
        at = open + 1 + length + 1;
        return null;
    }

    private static bool HasValidEntities(ReadOnlySpan<byte> value)
    {
        for (var at = value.IndexOf((byte)'&'); at >= 0; at = value.IndexOf((byte)'&'))
        {
            value = value[(at + 1)..];
            var end = value.IndexOf((byte)';');
            if (end < 0 || !IsEntity(value[..end]))
                return false;
        }

        return true;
    }

    private static Range ReadName(ReadOnlySpan<byte> xhtml, int at)
    {
        var end = at;
        while (
            end < xhtml.Length
            && (char.IsAsciiLetterOrDigit((char)xhtml[end]) || xhtml[end] is (byte)':' or (byte)'-' or (byte)'_' or (byte)'.' or >= 0x80)
        )
            end++;
        return at..end;
    }

    private static int SkipWhiteSpace(ReadOnlySpan<byte> xhtml, int at)
    {
        while (at < xhtml.Length && xhtml[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    private static string Name(ReadOnlySpan<byte> xhtml, Range name) => Encoding.UTF8.GetString(xhtml[name]);

    private static (string Code, string Text)? NotWellFormed(ReadOnlySpan<byte> xhtml, int at, string reason) =>
        (IssueCode.Value, $"The narrative is not well-formed XHTML at character {Position(xhtml, at)}: {reason}.");

    private static (string Code, string Text)? Forbidden(ReadOnlySpan<byte> xhtml, int at, string reason) =>
        (IssueCode.Invariant, $"txt-1: at character {Position(xhtml, at)} of the narrative {reason}.");

    private static int Position(ReadOnlySpan<byte> xhtml, int at) => Encoding.UTF8.GetCharCount(xhtml[..Math.Min(at, xhtml.Length)]) + 1;
}
