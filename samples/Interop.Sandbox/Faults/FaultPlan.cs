namespace Interop.Sandbox.Faults;

/// <summary>The properties of a request that rules can match.</summary>
internal readonly record struct RequestFacts(string PathAndQuery, string? Type, int Page, bool IsSearch, bool IsNext, bool IsRepetition);

/// <summary>The faults that fire on one request.</summary>
internal sealed class FaultPlan(IReadOnlyList<FaultRule> rules)
{
    public static readonly FaultPlan Nothing = new([]);

    public FaultRule? Find(FaultKind kind)
    {
        foreach (var rule in rules)
        {
            if (rule.Kind == kind)
                return rule;
        }
        return null;
    }

    /// <summary>The fault that answers instead of the server, if any.</summary>
    public FaultRule? Replacement
    {
        get
        {
            foreach (var rule in rules)
            {
                if (FaultBook.ReplacesTheAnswer(rule.Kind))
                    return rule;
            }
            return null;
        }
    }

    public static FaultPlan Of(HttpContext context) => context.Features.Get<FaultPlan>() ?? Nothing;
}
