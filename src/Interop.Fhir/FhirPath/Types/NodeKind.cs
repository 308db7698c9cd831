namespace Interop.Fhir.FhirPath.Types;

/// <summary>How a node's value behaves in operators: the System types of FHIRPath (2.0, section 3).</summary>
public enum NodeKind : byte
{
    /// <summary>No value of its own: an object, or a primitive that only carries extensions.</summary>
    None,
    Boolean,
    String,
    Integer,
    Decimal,
    Date,
    DateTime,
    Time,
    Quantity,
}
