using Interop.Anomaly.Care;
using Interop.Anomaly.Profiles;

namespace Interop.Anomaly.Pipeline;

/// <summary>Adds the context of an event: agent, care, role and population. One instance per source.</summary>
public sealed class AccessPreparation(AccessPopulation population, CareIndex care)
{
    public AccessPopulation Population => population;

    /// <summary>The event with its agent's Practitioner where the clinical data knows it; counts it in the population.</summary>
    /// <param name="e">The event as read.</param>
    /// <param name="watched">Patients on the watchlist.</param>
    public AccessInContext Prepare(AccessEvent e, IReadOnlySet<string> watched)
    {
        var practitioner = care.FindAgent(e.Agent, e.AgentLogin);
        if (practitioner is not null && practitioner != e.Agent)
            e = e with { Agent = practitioner };
        var context = CareLinks.Find(care, e, practitioner, watched);
        var role = CareLinks.RoleOf(care, practitioner, e.Time) ?? e.AgentRole ?? TypeOf(e.Agent);
        return new AccessInContext(e, context, population.Observe(e, context, role));
    }

    private static string TypeOf(string agent) =>
        agent.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? agent[..slash] : "unknown";
}
