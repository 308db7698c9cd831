using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Json;

namespace Interop.Fhir.Views;

/// <summary>A view ready to run, on any number of threads at once.</summary>
public sealed class CompiledView
{
    private readonly ViewStep _first;
    private readonly ViewCondition[] _where;
    private readonly int _depth;
    private readonly RootType _rootType;
    private ViewRun? _spare;

    internal CompiledView(ViewDefinition definition, IFhirTypeModel model, FhirTypeInfo resourceType, IReadOnlyList<ViewColumn> columns, ViewStep first, ViewCondition[] where, int depth, IReadOnlyList<ViewWarning> warnings)
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

    public ViewDefinition Definition { get; }

    /// <summary>The columns in the order in which rows have them.</summary>
    public IReadOnlyList<ViewColumn> Columns { get; }

    /// <summary>Paths that always give empty, such as those with a misspelt element; their columns stay null.</summary>
    public IReadOnlyList<ViewWarning> Warnings { get; }

    internal IFhirTypeModel TypeModel { get; }

    internal FhirTypeInfo ResourceType { get; }

    /// <summary>Compiles every path of a view.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="typeModel">The types of FHIR.</param>
    /// <exception cref="ViewDefinitionException">
    /// A path does not parse, or calls for a function or constant that is not there; a column's type is not known; two columns have one
    /// name; the branches of a unionAll have different columns.
    /// </exception>
    public static CompiledView Compile(ViewDefinition definition, IFhirTypeModel? typeModel = null) =>
        new ViewCompiler(definition, typeModel ?? R4TypeModel.Instance).Compile();

    /// <summary>Writes the rows of a resource; a resource of another type has none.</summary>
    /// <returns>How many rows were written.</returns>
    /// <exception cref="ViewEvaluationException">A value does not fit its column, or a path does not accept what it met. Rows before that are written.</exception>
    public int Run(JsonElement resource, IViewRowSink sink)
    {
        if (!ReferenceEquals(_rootType.Of(resource), ResourceType))
            return 0;
        var run = Interlocked.Exchange(ref _spare, null) ?? new ViewRun(Columns, _depth);
        run.Begin(TypeModel, FhirPathNode.FromJson(resource, ResourceType), sink);
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
