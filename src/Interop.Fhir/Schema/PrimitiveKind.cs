namespace Interop.Fhir.Schema;

/// <summary>The primitive types of R4 (https://hl7.org/fhir/R4/datatypes.html#primitive).</summary>
public enum PrimitiveKind
{
    /// <summary>Not a primitive type.</summary>
    None,

    /// <summary><c>base64Binary</c>.</summary>
    Base64Binary,

    /// <summary><c>boolean</c>.</summary>
    Boolean,

    /// <summary><c>canonical</c>.</summary>
    Canonical,

    /// <summary><c>code</c>.</summary>
    Code,

    /// <summary><c>date</c>.</summary>
    Date,

    /// <summary><c>dateTime</c>.</summary>
    DateTime,

    /// <summary><c>decimal</c>.</summary>
    Decimal,

    /// <summary><c>id</c>.</summary>
    Id,

    /// <summary><c>instant</c>.</summary>
    Instant,

    /// <summary><c>integer</c>.</summary>
    Integer,

    /// <summary><c>markdown</c>.</summary>
    Markdown,

    /// <summary><c>oid</c>.</summary>
    Oid,

    /// <summary><c>positiveInt</c>.</summary>
    PositiveInt,

    /// <summary><c>string</c>.</summary>
    String,

    /// <summary><c>time</c>.</summary>
    Time,

    /// <summary><c>unsignedInt</c>.</summary>
    UnsignedInt,

    /// <summary><c>uri</c>.</summary>
    Uri,

    /// <summary><c>url</c>.</summary>
    Url,

    /// <summary><c>uuid</c>.</summary>
    Uuid,

    /// <summary><c>xhtml</c>.</summary>
    Xhtml,
}
