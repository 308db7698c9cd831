using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Json;

namespace Interop.Fhir.Views;

/// <summary>A view ready to run, on any number of threads at once.</summary>
public sealed class CompiledView
{
    /// <summary>The largest number of rows of one resource.</summary>
    public const int MaxRowsPerResource = 10_000;

    /// <summary>The largest size of all rows of one resource, in bytes of their values.</summary>
    public const int MaxRowBytesPerResource = 64 * 1024 * 1024;

    private readonly ViewStep _first;
    private readonly ViewCondition[] _where;
    private readonly int _depth;
    private readonly RootType _rootType;
    private ViewRun? _spare;

    internal CompiledView(
        ViewDefinition definition,
        IFhirTypeModel model,
        FhirTypeInfo resourceType,
        IReadOnlyList<ViewColumn> columns,
        ViewStep first,
        ViewCondition[] where,
        int depth,
        IReadOnlyList<ViewWarning> warnings
    )
    {
        Definition = definition;
        TypeModel = model;
        ResourceType = resourceType;
        Columns = columns;
        Warnings = warnings;
        _first = first;
        _where = where;
        _depth = depth;
        _rootType = new RootType(model);
    }

    /// <summary>The definition that was compiled.</summary>
    public ViewDefinition Definition { get; }

    /// <summary>The columns in the order in which rows have them.</summary>
    public IReadOnlyList<ViewColumn> Columns { get; }

    /// <summary>
    /// Paths that always give empty, such as those with a misspelt element (their columns stay null), and paths that may give several
    /// values for a column that takes one.
    /// </summary>
    public IReadOnlyList<ViewWarning> Warnings { get; }

    internal IFhirTypeModel TypeModel { get; }

    internal FhirTypeInfo ResourceType { get; }

    /// <summary>Compiles every path of a view.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="typeModel">The types of FHIR.</param>
    /// <exception cref="ViewDefinitionException">
    /// A path does not parse, or names an unknown function or constant; a column's type is not known; two columns have one name; the
    /// branches of a unionAll have different columns.
    /// </exception>
    public static CompiledView Compile(ViewDefinition definition, IFhirTypeModel? typeModel = null) =>
        new ViewCompiler(definition, typeModel ?? R4TypeModel.Instance).Compile();

    /// <summary>Writes the rows of a resource; a resource of another type has none.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="sink">Receives the rows.</param>
    /// <param name="limits">The limits of all paths together on this resource; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the evaluation.</param>
    /// <returns>The number of rows written.</returns>
    /// <exception cref="ViewEvaluationException">
    /// A value does not fit its column, a path does not accept the data, or a limit is exceeded. Earlier rows are written.
    /// </exception>
    public int Run(JsonElement resource, IViewRowSink sink, EvaluationLimits? limits = null, CancellationToken cancellationToken = default)
    {
        if (!ReferenceEquals(_rootType.Of(resource), ResourceType))
            return 0;
        var run = Interlocked.Exchange(ref _spare, null) ?? new ViewRun(Columns, _depth);
        run.Begin(TypeModel, FhirPathNode.FromJson(resource, ResourceType), sink, limits, cancellationToken);
        try
        {
            foreach (var condition in _where)
            {
                if (!condition.Holds(run))
                    return 0;
            }
            _first.Run(run);
            return run.Rows;
        }
        catch (InvalidOperationException e) when (LoneSurrogate.IsCause(e))
        {
            throw new ViewEvaluationException(Definition.Name ?? Definition.Resource, LoneSurrogate.Reason, e);
        }
        finally
        {
            run.End();
            _spare = run;
        }
    }
}

/// <summary>Something in a view that is allowed but probably a mistake.</summary>
/// <param name="Place">The path inside the view.</param>
/// <param name="Reason">The reason for the warning.</param>
public sealed record ViewWarning(string Place, string Reason);
