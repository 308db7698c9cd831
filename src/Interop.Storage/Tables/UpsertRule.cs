namespace Interop.Storage;

/// <summary>What happens to a row whose key is already in the table.</summary>
public abstract record UpsertRule
{
    private UpsertRule()
    {
    }

    /// <summary>The new row takes the old one's place.</summary>
    public static UpsertRule Replace { get; } = new ReplaceRule();

    /// <summary>The old row stays.</summary>
    public static UpsertRule KeepExisting { get; } = new KeepExistingRule();

    /// <summary>
    /// There must be none: the call fails, as <see cref="FailureKind.DataRefused"/>, and on PostgreSQL the transaction with it. The quickest way
    /// in where keys are nearly always new, for PostgreSQL takes the rows straight into the table.
    /// </summary>
    public static UpsertRule Refuse { get; } = new RefuseRule();

    /// <summary>The new row takes the old one's place where the predicate holds; elsewhere the old row stays.</summary>
    /// <param name="predicate">
    /// SQL that both dialects understand, over <c>"old"."column"</c> and <c>excluded."column"</c> (the new row).
    /// It is part of the program: never made of data.
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
