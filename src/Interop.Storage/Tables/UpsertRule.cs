namespace Interop.Storage;

/// <summary>What happens to a row whose key exists in the table.</summary>
public abstract record UpsertRule
{
    private UpsertRule() { }

    /// <summary>The new row replaces the old one.</summary>
    public static UpsertRule Replace { get; } = new ReplaceRule();

    /// <summary>The old row stays.</summary>
    public static UpsertRule KeepExisting { get; } = new KeepExistingRule();

    /// <summary>
    /// The call fails with <see cref="FailureKind.DataRefused"/>, and on PostgreSQL the transaction is aborted. This is the fastest rule
    /// when nearly all keys are new, because PostgreSQL copies the rows directly into the table.
    /// </summary>
    public static UpsertRule Refuse { get; } = new RefuseRule();

    /// <summary>The new row replaces the old one when the predicate is true; otherwise the old row stays.</summary>
    /// <param name="predicate">
    /// SQL for both dialects over <c>"old"."column"</c> and <c>excluded."column"</c> (the new row). It is a constant of the program, never
    /// built from data.
    /// </param>
    public static UpsertRule ReplaceWhere(string predicate)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(predicate);
        return new ReplaceWhereRule(predicate);
    }

    internal sealed record ReplaceRule : UpsertRule;

    internal sealed record KeepExistingRule : UpsertRule;

    internal sealed record RefuseRule : UpsertRule;

    internal sealed record ReplaceWhereRule(string Predicate) : UpsertRule;
}
