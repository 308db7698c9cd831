using System.Globalization;
using System.Xml.Linq;

namespace Interop.Discovery;

/// <summary>Cross Gateway Patient Discovery (IHE ITI TF-2, 3.55): the PRPA_IN201305UV02 message in a SOAP 1.2 envelope.</summary>
internal static class XcpdQuery
{
    public const string Action = "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery";
    public const string InteractionId = "PRPA_IN201305UV02";
    public static readonly XNamespace Hl7 = "urn:hl7-org:v3";
    private static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";
    private static readonly XNamespace Addressing = "http://www.w3.org/2005/08/addressing";

    public static string Write(Demographics patient, string correlationId, Uri to, DateTimeOffset now, XcpdOptions options) =>
        new XDocument(
            new XElement(
                Soap + "Envelope",
                new XAttribute(XNamespace.Xmlns + "soap", Soap),
                new XElement(
                    Soap + "Header",
                    new XElement(Addressing + "Action", new XAttribute(Soap + "mustUnderstand", "true"), Action),
                    new XElement(Addressing + "MessageID", $"urn:uuid:{correlationId}"),
                    new XElement(
                        Addressing + "ReplyTo",
                        new XElement(Addressing + "Address", "http://www.w3.org/2005/08/addressing/anonymous")
                    ),
                    new XElement(Addressing + "To", to)
                ),
                new XElement(Soap + "Body", Message(patient, correlationId, now, options))
            )
        ).ToString(SaveOptions.DisableFormatting);

    private static XElement Message(Demographics patient, string correlationId, DateTimeOffset now, XcpdOptions options) =>
        Element(
            InteractionId,
            new XAttribute("ITSVersion", "XML_1.0"),
            Id(options.SenderOid, correlationId),
            Element("creationTime", new XAttribute("value", now.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture))),
            Id("2.16.840.1.113883.1.6", InteractionId, "interactionId"),
            Coded("processingCode", "P"),
            Coded("processingModeCode", "T"),
            Coded("acceptAckCode", "NE"),
            Device("receiver", "RCV", options.ReceiverOid),
            Device("sender", "SND", options.SenderOid),
            Element(
                "controlActProcess",
                new XAttribute("classCode", "CACT"),
                new XAttribute("moodCode", "EVN"),
                Element("code", new XAttribute("code", "PRPA_TE201305UV02"), new XAttribute("codeSystem", "2.16.840.1.113883.1.6")),
                Element(
                    "queryByParameter",
                    Id(options.SenderOid, correlationId, "queryId"),
                    Coded("statusCode", "new"),
                    Coded("responseModalityCode", "R"),
                    Coded("responsePriorityCode", "I"),
                    Element(
                        "parameterList",
                        Element(
                            "livingSubjectBirthTime",
                            Element("value", new XAttribute("value", patient.Dob.Replace("-", "", StringComparison.Ordinal))),
                            Element("semanticsText", "LivingSubject.birthTime")
                        ),
                        Element(
                            "livingSubjectName",
                            Element("value", Element("family", patient.LastName), Element("given", patient.FirstName)),
                            Element("semanticsText", "LivingSubject.name")
                        )
                    )
                )
            )
        );

    private static XElement Device(string name, string typeCode, string oid) =>
        Element(
            name,
            new XAttribute("typeCode", typeCode),
            Element(
                "device",
                new XAttribute("classCode", "DEV"),
                new XAttribute("determinerCode", "INSTANCE"),
                Element("id", new XAttribute("root", oid))
            )
        );

    private static XElement Id(string root, string extension, string name = "id") =>
        Element(name, new XAttribute("root", root), new XAttribute("extension", extension));

    private static XElement Coded(string name, string code) => Element(name, new XAttribute("code", code));

    private static XElement Element(string name, params object[] content) => new(Hl7 + name, content);
}
