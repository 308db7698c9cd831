namespace Interop.Storage;

/// <summary>What a failure of a database asks of the caller, whatever the provider.</summary>
public enum FailureKind
{
    /// <summary>A fault of the statement, the schema or the program: neither time nor other data mends it.</summary>
    Other,

    /// <summary>The connection was lost or could not be made: the same may work later.</summary>
    Transient,

    /// <summary>Another transaction was in the way (deadlock, serialization failure, busy file): the same may work at once.</summary>
    Conflict,

    /// <summary>The row's own fault: a constraint, invalid text or JSON, a value out of range. Other rows are not concerned.</summary>
    DataRefused,

    /// <summary>The disk, or the size that the database may have, is full.</summary>
    Full,
}
