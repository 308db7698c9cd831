using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;

namespace Interop.Discovery;

/// <summary>Reads PRPA_IN201306UV02 in its five cases (IHE ITI TF-2, 3.55.4.2.2).</summary>
internal static class XcpdAnswer
{
    public const string Match = "match";
    public const string Matches = "matches";
    public const string MoreDemographics = "more_demographics";
    public const string NoMatch = "no_match";
    public const string Error = "error";

    private const int MaxMatches = 1_000;
    private const int MaxCodes = 100;
    private const int MaxTextLength = 1_000;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
    };

    /// <summary>The result; null: the body is no such answer, which may still come by another way.</summary>
    public static XcpdResult? Read(byte[] body)
    {
        if (body.Length == 0)
            return null;
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(body), Settings);
            var message = XDocument.Load(reader).Descendants(XcpdQuery.Hl7 + "PRPA_IN201306UV02").FirstOrDefault();
            return message is null ? null : Read(message);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static XcpdResult Read(XElement message)
    {
        var act = message.Element(XcpdQuery.Hl7 + "controlActProcess");
        var acknowledged = Code(message.Element(XcpdQuery.Hl7 + "acknowledgement")?.Element(XcpdQuery.Hl7 + "typeCode"));
        var response = Code(act?.Element(XcpdQuery.Hl7 + "queryAck")?.Element(XcpdQuery.Hl7 + "queryResponseCode"));
        var matches = (act?.Elements(XcpdQuery.Hl7 + "subject") ?? [])
            .Select(s => s.Descendants(XcpdQuery.Hl7 + "patient").Elements(XcpdQuery.Hl7 + "id").FirstOrDefault())
            .Where(id => id is not null)
            .Take(MaxMatches)
            .Select(id => new XcpdMatch(Text(id!, "root") ?? "", Text(id!, "extension")))
            .ToImmutableArray();
        var wanted = (act?.Descendants(XcpdQuery.Hl7 + "actOrderRequired") ?? [])
            .Select(order => Code(order.Element(XcpdQuery.Hl7 + "code")))
            .OfType<string>()
            .Distinct()
            .Take(MaxCodes)
            .ToImmutableArray();
        var outcome = (acknowledged, response) switch
        {
            ("AA" or "CA", "OK") when matches.Length == 1 => Match,
            ("AA" or "CA", "OK") when matches.Length > 1 => Matches,
            ("AA" or "CA", "OK" or "NF") when wanted.Length > 0 => MoreDemographics,
            ("AA" or "CA", "OK" or "NF") => NoMatch,
            _ => Error,
        };
        return outcome is Match or Matches ? new XcpdResult(outcome, matches.Length, [], matches) : new XcpdResult(outcome, 0, wanted, []);
    }

    private static string? Code(XElement? element) => element is null ? null : Text(element, "code");

    private static string? Text(XElement element, string attribute) =>
        (string?)element.Attribute(attribute) is { } text
            ? text.Length > MaxTextLength
                ? text[..MaxTextLength]
                : text
            : null;
}
