using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;

namespace Interop.Discovery;

/// <summary>Reads PRPA_IN201306UV02, in its five cases (IHE ITI TF-2, 3.55.4.2.2).</summary>
internal static class XcpdAnswer
{
    public const string Match = "match";
    public const string Matches = "matches";
    public const string MoreDemographics = "more_demographics";
    public const string NoMatch = "no_match";
    public const string Error = "error";

    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true };

    /// <summary>The result; null: the body is no such answer (it may come later, another way).</summary>
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
            .Select(id => new XcpdMatch((string?)id!.Attribute("root") ?? "", (string?)id.Attribute("extension")))
            .ToImmutableArray();
        var wanted = (act?.Descendants(XcpdQuery.Hl7 + "actOrderRequired") ?? [])
            .Select(order => Code(order.Element(XcpdQuery.Hl7 + "code"))).OfType<string>().Distinct().ToImmutableArray();
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

    private static string? Code(XElement? element) => (string?)element?.Attribute("code");
}
