using System.Text.Json;
using Interop.Fhir.Validation;

namespace Interop.Fhir.Tests.Validation;

/// <summary>Narratives: https://hl7.org/fhir/R4/narrative.html, txt-1 and txt-2.</summary>
public class NarrativeRuleTests
{
    private const string Div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";

    [Theory]
    [InlineData("<p>a</p>")]
    [InlineData("a<br/>b<hr />")]
    [InlineData("<img src=\"#a\" alt=\"x\"/>")]
    [InlineData("<img src=\"data:image/png;base64,AAAA\" alt=\"x\"/>")]
    [InlineData("<a href=\"http://example.org/?a=1&amp;b=2\">x</a>")]
    [InlineData("<a name=\"x\"/>y")]
    [InlineData(
        "<table class=\"grid\"><tbody><tr><td colspan=\"2\" style=\"color: red; font-family: &quot;A&quot;\">x</td></tr></tbody></table>"
    )]
    [InlineData("&lt;script&gt; &amp; &#160;&#xA0;&nbsp;&eacute;")]
    [InlineData("<!-- a comment --><b>x</b>")]
    [InlineData("<![CDATA[<script>]]>")]
    [InlineData("<p title='a \"b\"'>x</p>")]
    public void A_safe_narrative_is_valid(string content) => Expect.NoIssues(Patient(Div + content + "</div>"));

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<p onclick=\"x()\">a</p>")]
    [InlineData("<p ONCLICK=\"x()\">a</p>")]
    [InlineData("<a href=\"javascript:x()\">a</a>")]
    [InlineData("<a href=\"JavaScript:x()\">a</a>")]
    [InlineData("<a href=\" javascript:x()\">a</a>")]
    [InlineData("<a href=\"java&#115;cript:x()\">a</a>")]
    [InlineData("<a href=\"&#x6A;avascript:x()\">a</a>")]
    [InlineData("<a href=\"java&#9;script:x()\">a</a>")]
    [InlineData("<a href=\"data:text/html,x\">a</a>")]
    [InlineData("<img src=\"javascript:x()\"/>")]
    [InlineData("<img src=\"data:text/html,x\"/>")]
    [InlineData("<iframe src=\"http://x\"/>")]
    [InlineData("<object data=\"x\"/>")]
    [InlineData("<form><input/></form>")]
    [InlineData("<link href=\"x\"/>")]
    [InlineData("<style>p{}</style>")]
    [InlineData("<base href=\"x\"/>")]
    [InlineData("<svg/>")]
    [InlineData("<P>a</P>")]
    [InlineData("<p style=\"width: expression(x)\">a</p>")]
    [InlineData("<p style=\"background: u\\72l(x)\">a</p>")]
    [InlineData("<p style=\"background: &#117;rl(x)\">a</p>")]
    [InlineData("<p xmlns=\"http://www.w3.org/2000/svg\">a</p>")]
    [InlineData("<p xlink:href=\"x\">a</p>")]
    [InlineData("<?xml version=\"1.0\"?>a")]
    [InlineData("<!DOCTYPE x>a")]
    [InlineData("<ins>a</ins>")]
    public void Active_content_in_a_narrative_is_an_error(string content)
    {
        var issue = Expect.OneError(Patient(Div + content + "</div>"), IssueCode.Invariant, "Patient.text.div");
        Assert.StartsWith("txt-1: ", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<div>a</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>a")]
    [InlineData("a")]
    [InlineData("<p xmlns='http://www.w3.org/1999/xhtml'>a</p>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p>a</div></p>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p>a</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>a</div>b")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>a</div><div/>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>a & b</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>&unknown;</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>&#0;</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'>1 < 2</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class=a>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class='a' class='b'>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class='a'id='b'>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class='<'>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p title='a&b'>a</p></div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><!-- a</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><br / >a</div>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'")]
    [InlineData("<div")]
    public void Broken_markup_is_found(string div) => Expect.OneError(Patient(div), IssueCode.Value, "Patient.text.div");

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("<p></p>")]
    [InlineData("&nbsp;")]
    [InlineData("<!-- a -->")]
    public void A_narrative_has_content(string content)
    {
        var issue = Expect.OneError(Patient(Div + content + "</div>"), IssueCode.Invariant, "Patient.text.div");
        Assert.StartsWith("txt-2: ", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{'status':'generated'}", "required", "Patient.text.div")]
    [InlineData("{'status':'x','div':'<div xmlns=\\'http://www.w3.org/1999/xhtml\\'>a</div>'}", "code-invalid", "Patient.text.status")]
    [InlineData("{'status':'generated','div':1}", "structure", "Patient.text.div")]
    [InlineData("{'status':'generated','div':''}", "value", "Patient.text.div")]
    public void A_narrative_has_its_parts(string text, string code, string location) =>
        Expect.OneError($"{{'resourceType':'Patient','text':{text}}}", code, location);

    private static string Patient(string div) =>
        $"{{'resourceType':'Patient','text':{{'status':'generated','div':{JsonSerializer.Serialize(div)}}}}}";
}
