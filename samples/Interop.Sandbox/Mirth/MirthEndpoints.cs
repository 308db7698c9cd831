using System.Xml.Linq;
using Interop.Sandbox.OpenEmr;

namespace Interop.Sandbox.Mirth;

/// <summary>The HTTP endpoint of the channel.</summary>
internal static class MirthEndpoints
{
    private static readonly XNamespace Hl7 = "urn:hl7-org:v3";
    private static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";

    public static void MapMirth(this IEndpointRouteBuilder routes)
    {
        var mirth = routes.ServiceProvider.GetRequiredService<MirthUpstream>();
        var openEmr = routes.ServiceProvider.GetRequiredService<OpenEmrUpstream>();
        routes.MapPost("/mirth/pd", context => HandleAsync(context, mirth, openEmr));
    }

    private static async Task HandleAsync(HttpContext context, MirthUpstream mirth, OpenEmrUpstream openEmr)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || !openEmr.IsValid(authorization[7..]))
        {
            context.Response.StatusCode = 401;
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        mirth.Received.Enqueue(body);
        if (mirth.Delay > TimeSpan.Zero)
            await Task.Delay(mirth.Delay, context.RequestAborted);
        context.Response.StatusCode = mirth.Status;
        var isSoap = context.Request.ContentType?.StartsWith("application/soap+xml", StringComparison.Ordinal) ?? false;
        context.Response.ContentType = isSoap ? "application/soap+xml; charset=utf-8" : "application/json; charset=utf-8";
        await context.Response.WriteAsync(isSoap ? Answer(mirth.Case, body) : "{\"status\":\"queued\"}", context.RequestAborted);
    }

    private static string Answer(XcpdCase answered, string query)
    {
        var queryId = XDocument.Parse(query).Descendants(Hl7 + "queryId").Single();
        var (acknowledged, response) = answered switch
        {
            XcpdCase.Error => ("AE", "AE"),
            XcpdCase.NoMatch => ("AA", "NF"),
            _ => ("AA", "OK"),
        };
        var act = new XElement(
            Hl7 + "controlActProcess",
            new XAttribute("classCode", "CACT"),
            new XAttribute("moodCode", "EVN"),
            new XElement(Hl7 + "code", new XAttribute("code", "PRPA_TE201306UV02"), new XAttribute("codeSystem", "2.16.840.1.113883.1.6"))
        );
        for (
            var i = 1;
            i
                <= (
                    answered == XcpdCase.OneMatch ? 1
                    : answered == XcpdCase.TwoMatches ? 2
                    : 0
                );
            i++
        )
            act.Add(Match(i));
        if (answered == XcpdCase.MoreDemographics)
            act.Add(Wanted("PatientAddressRequested", "LivingSubjectAdministrativeGenderRequested"));
        act.Add(
            new XElement(
                Hl7 + "queryAck",
                queryId,
                new XElement(Hl7 + "statusCode", new XAttribute("code", "deliveredResponse")),
                Coded("queryResponseCode", response)
            )
        );
        return new XDocument(
            new XElement(
                Soap + "Envelope",
                new XElement(
                    Soap + "Body",
                    new XElement(Hl7 + "PRPA_IN201306UV02", new XElement(Hl7 + "acknowledgement", Coded("typeCode", acknowledged)), act)
                )
            )
        ).ToString();
    }

    private static XElement Match(int number) =>
        new(
            Hl7 + "subject",
            new XElement(
                Hl7 + "registrationEvent",
                new XElement(
                    Hl7 + "subject1",
                    new XElement(
                        Hl7 + "patient",
                        new XElement(
                            Hl7 + "id",
                            new XAttribute("root", "1.2.840.114350.1.13.99998.8734"),
                            new XAttribute("extension", $"34827G{number}")
                        )
                    )
                )
            )
        );

    private static XElement Wanted(params string[] codes) =>
        new(
            Hl7 + "reasonOf",
            new XElement(
                Hl7 + "detectedIssueEvent",
                codes.Select(code => new XElement(
                    Hl7 + "triggerFor",
                    new XElement(
                        Hl7 + "actOrderRequired",
                        new XElement(Hl7 + "code", new XAttribute("code", code), new XAttribute("codeSystem", "1.3.6.1.4.1.19376.1.2.27.1"))
                    )
                ))
            )
        );

    private static XElement Coded(string name, string code) => new(Hl7 + name, new XAttribute("code", code));
}
