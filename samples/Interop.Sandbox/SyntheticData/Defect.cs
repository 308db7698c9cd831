namespace Interop.Sandbox.SyntheticData;

/// <summary>What is wrong with a bad resource; each violates the structure of R4 (4.0.1).</summary>
public enum Defect
{
    None,
    UnknownElement,
    UnknownNestedElement,
    WrongJsonType,
    MissingRequired,
    BadDate,
    BadCode,
    EmptyArray,
    EmptyObject,
    EmptyString,
    NullValue,
    ArrayForSingle,
    SingleForArray,
    TwoChoices,
}
