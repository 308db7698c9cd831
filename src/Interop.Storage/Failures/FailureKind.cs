namespace Interop.Storage;

/// <summary>What a failure of a database asks of the caller, whatever the provider.</summary>
public enum FailureKind
{
    /// <summary>A fault of the statement, the schema or the program. It will not work later, nor with other data.</summary>
    Other,

    /// <summary>The connection was lost or could not be opened. It may work later.</summary>
    Transient,

    /// <summary>Another transaction conflicted (deadlock, serialization failure, busy file). It may work at the next attempt.</summary>
    Conflict,

    /// <summary>The database refused the row: a constraint, invalid text or JSON, a value out of range. Other rows may be
    /// accepted.</summary>
    DataRefused,

    /// <summary>The disk is full, or the database has reached its maximum size. It may work when there is space again.</summary>
    Full,
}
