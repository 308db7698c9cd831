namespace Interop.Fhir.FhirPath.Types;

/// <summary>The types of FHIRPath's own values (2.0, section 3): literals and results of operators and functions.</summary>
public static class SystemTypes
{
    internal const string Namespace = "System";

    /// <summary>The root of the types, without elements.</summary>
    public static readonly FhirTypeInfo Any = new(Namespace, "Any", null, NodeKind.None, () => []);

    /// <summary>System.Boolean.</summary>
    public static readonly FhirTypeInfo Boolean = new(Namespace, "Boolean", Any, NodeKind.Boolean, () => []);

    /// <summary>System.String.</summary>
    public static readonly FhirTypeInfo String = new(Namespace, "String", Any, NodeKind.String, () => []);

    /// <summary>System.Integer.</summary>
    public static readonly FhirTypeInfo Integer = new(Namespace, "Integer", Any, NodeKind.Integer, () => []);

    /// <summary>System.Decimal.</summary>
    public static readonly FhirTypeInfo Decimal = new(Namespace, "Decimal", Any, NodeKind.Decimal, () => []);

    /// <summary>System.Date.</summary>
    public static readonly FhirTypeInfo Date = new(Namespace, "Date", Any, NodeKind.Date, () => []);

    /// <summary>System.DateTime.</summary>
    public static readonly FhirTypeInfo DateTime = new(Namespace, "DateTime", Any, NodeKind.DateTime, () => []);

    /// <summary>System.Time.</summary>
    public static readonly FhirTypeInfo Time = new(Namespace, "Time", Any, NodeKind.Time, () => []);

    /// <summary>System.Quantity.</summary>
    public static readonly FhirTypeInfo Quantity = new(
        Namespace,
        "Quantity",
        Any,
        NodeKind.Quantity,
        () => [new("value", [Decimal!], IsCollection: false, IsChoice: false), new("unit", [String!], IsCollection: false, IsChoice: false)]
    );

    /// <summary>The type of the results of type() (2.0, 10.2).</summary>
    public static readonly FhirTypeInfo TypeInfo = new(
        Namespace,
        "TypeInfo",
        Any,
        NodeKind.None,
        () =>
            [
                new("namespace", [String!], IsCollection: false, IsChoice: false),
                new("name", [String!], IsCollection: false, IsChoice: false),
            ]
    );

    private static readonly FhirTypeInfo[] All = [Any, Boolean, String, Integer, Decimal, Date, DateTime, Time, Quantity];

    /// <summary>The type of this name without namespace, or null.</summary>
    public static FhirTypeInfo? Find(string name) => Array.Find(All, type => type.Name == name);
}
