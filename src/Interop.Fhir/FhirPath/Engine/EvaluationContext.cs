using System.Text.Json;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>The environment of an evaluation. All members are optional; one instance can serve many evaluations.</summary>
public sealed class EvaluationContext
{
    /// <summary><c>%resource</c>: the resource that the evaluated element belongs to; the input itself where it is not given.</summary>
    public FhirPathNode? Resource { get; init; }

    /// <summary><c>%rootResource</c>: the resource that contains <see cref="Resource"/>; the same where it is not contained.</summary>
    public FhirPathNode? RootResource { get; init; }

    /// <summary>Variables by name, without the percent sign.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FhirPathNode>>? Variables { get; init; }

    /// <summary>For <c>resolve()</c>: the resource of a reference that is not contained, or null.</summary>
    public Func<string, JsonElement?>? Resolve { get; init; }

    /// <summary>
    /// For <c>memberOf()</c>: whether a system (null for a plain code) and code are in the value set with this URL; null where it is not
    /// known. The value sets of R4's required bindings are known without it.
    /// </summary>
    public Func<string, string?, string, bool?>? MemberOf { get; init; }

    /// <summary>For <c>conformsTo()</c>: whether a node conforms to the profile with this URL; null where it is not known. Base R4 types
    /// are known without it.</summary>
    public Func<FhirPathNode, string, bool?>? ConformsTo { get; init; }

    /// <summary>Receives the name and items of each <c>trace()</c> call.</summary>
    public Action<string, IReadOnlyList<FhirPathNode>>? Trace { get; init; }

    /// <summary>The clock of <c>now()</c>, <c>today()</c> and <c>timeOfDay()</c>; the same instant throughout one evaluation.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The limits of each evaluation.</summary>
    public EvaluationLimits Limits { get; init; } = EvaluationLimits.Default;

    /// <summary>Steps and text that all evaluations with this context share; null gives each evaluation its own.</summary>
    public EvaluationBudget? Budget { get; init; }

    /// <summary>Cancels the evaluation with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; init; }

    internal static EvaluationContext Default { get; } = new();
}
