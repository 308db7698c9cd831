using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>
/// The allowed content of a narrative (invariant txt-1, https://hl7.org/fhir/R4/narrative.html): the formatting elements and attributes of
/// HTML 4.0, chapters 7 to 11 without 9.4, and 15, without what that standard deprecates; a with name or href; images.
/// </summary>
internal static class NarrativeVocabulary
{
    private const string ElementNames =
        "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre "
        + "q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var";

    private const string AttributeNames =
        "abbr accesskey align alt axis border cellpadding cellspacing char charoff charset cite class colspan coords dir frame headers height href hreflang id "
        + "ismap lang longdesc name nohref rel rev rowspan rules scope shape span src style summary tabindex title type usemap valign width xml:lang xml:space xmlns";

    // The character entities of HTML 4.0, chapter 24, and apos, which XML defines.
    private const string EntityNames =
        "amp lt gt quot apos nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil "
        + "sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH "
        + "Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave "
        + "eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml fnof Alpha "
        + "Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega alpha beta gamma delta epsilon "
        + "zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym upsih piv bull hellip prime Prime oline "
        + "frasl weierp image real trade alefsym larr uarr rarr darr harr crarr lArr uArr rArr dArr hArr forall part exist empty nabla isin notin ni prod sum minus "
        + "lowast radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub sube supe oplus otimes perp sdot lceil rceil lfloor "
        + "rfloor lang rang loz spades clubs hearts diams OElig oelig Scaron scaron Yuml circ tilde ensp emsp thinsp zwnj zwj lrm rlm ndash mdash lsquo rsquo sbquo "
        + "ldquo rdquo bdquo dagger Dagger permil lsaquo rsaquo euro";

    public static Utf8Table<string> Elements { get; } = Table(ElementNames);

    public static Utf8Table<string> Attributes { get; } = Table(AttributeNames);

    public static Utf8Table<string> Entities { get; } = Table(EntityNames);

    private static Utf8Table<string> Table(string names) => new([.. names.Split(' ').Select(n => KeyValuePair.Create(n, n))]);
}
