namespace Interop.Fhir.FhirPath.Types;

/// <summary>How a node's value behaves in operators: the System types of FHIRPath (2.0, section 3).</summary>
public enum NodeKind : byte
{
    /// <summary>No value of its own: an object, or a primitive that only carries extensions.</summary>
    None,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A text.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A decimal number with its precision.</summary>
    Decimal,

    /// <summary>A date, possibly partial.</summary>
    Date,

    /// <summary>A date with time, possibly partial.</summary>
    DateTime,

    /// <summary>A time of day, possibly partial.</summary>
    Time,

    /// <summary>A number with a unit.</summary>
    Quantity,
}
