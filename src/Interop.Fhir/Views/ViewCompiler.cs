using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Checking;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Views;

/// <summary>Builds the steps of a view from the last to the first: each step holds its continuation.</summary>
internal sealed class ViewCompiler
{
    private const string RowIndex = "rowIndex";

    private readonly ViewDefinition _definition;
    private readonly IFhirTypeModel _model;
    private readonly FhirPathOptions _options;
    private readonly Dictionary<string, int> _columnIndexes = new(StringComparer.Ordinal);
    private StaticType _input = StaticType.Unknown;
    private readonly List<ViewWarning> _warnings = [];
    private int _depth;

    public ViewCompiler(ViewDefinition definition, IFhirTypeModel model)
    {
        _definition = definition;
        _model = model;
        var operations = new Dictionary<string, Operation>(StringComparer.Ordinal) { [RowIndex] = new RowIndexOperation() };
        for (var i = 0; i < definition.Constants.Count; i++)
        {
            var constant = definition.Constants[i];
            var type = model.FindType(constant.Type) ?? throw new ViewDefinitionException($"constant[{i}]", $"{constant.Type} is no type");
            if (!operations.TryAdd(constant.Name, new LiteralOperation(FhirPathNode.FromJson(constant.Value, type))))
                throw new ViewDefinitionException($"constant[{i}].name", $"there is another constant {constant.Name}");
        }
        _options = new FhirPathOptions
        {
            TypeModel = model,
            KnownVariables = operations.Keys.ToHashSet(),
            VariableOperations = operations,
        };
    }

    public CompiledView Compile()
    {
        var resource = _model.FindType(_definition.Resource) is { IsResource: true } type
            ? type
            : throw new ViewDefinitionException("resource", $"{_definition.Resource} is no type of resource");
        var columns = ColumnsOf(_definition.Select);
        if (columns.Count == 0 && _definition.Select.Count == 0)
            throw new ViewDefinitionException("select", "the view selects nothing");
        foreach (var column in columns)
        {
            if (!_columnIndexes.TryAdd(column.Name, _columnIndexes.Count))
                throw new ViewDefinitionException($"{column.Place}.name", $"there is another column {column.Name}");
        }
        _input = StaticType.Single(resource);
        ViewCondition[] where = [.. _definition.Where.Select((path, i) => Condition(path, $"where[{i}].path"))];
        var first = Selects(_definition.Select, 0, _input, new RowStep());
        return new CompiledView(_definition, _model, resource, columns, first, where, _depth, _warnings);
    }

    /// <summary>The columns of selects beside each other, in their order; those of a unionAll once.</summary>
    private static List<ViewColumn> ColumnsOf(IReadOnlyList<ViewSelect> selects)
    {
        var columns = new List<ViewColumn>();
        foreach (var select in selects)
        {
            columns.AddRange(select.Columns);
            columns.AddRange(ColumnsOf(select.Selects));
            List<ViewColumn>? first = null;
            foreach (var branch in select.UnionAll)
            {
                var own = ColumnsOf([branch]);
                first ??= own;
                RequireSame(first, own, branch.Place);
            }
            columns.AddRange(first ?? []);
        }
        return columns;
    }

    private static void RequireSame(List<ViewColumn> first, List<ViewColumn> other, string place)
    {
        if (!first.Select(c => c.Name).SequenceEqual(other.Select(c => c.Name)))
            throw new ViewDefinitionException(
                place,
                $"every branch of a unionAll needs the same columns in the same order: the first has {Names(first)}, this one {Names(other)}"
            );
        for (var i = 0; i < first.Count; i++)
        {
            if (first[i].Kind != other[i].Kind || first[i].IsCollection != other[i].IsCollection)
                throw new ViewDefinitionException(
                    other[i].Place,
                    $"the column {first[i].Name} is {Shape(other[i])} here, and {Shape(first[i])} in the first branch of the unionAll"
                );
        }
    }

    private static string Names(List<ViewColumn> columns) => columns.Count == 0 ? "none" : string.Join(", ", columns.Select(c => c.Name));

    private static string Shape(ViewColumn column) => $"{(column.IsCollection ? "a collection of " : "")}{column.Type ?? "no stated type"}";

    private ViewStep Selects(IReadOnlyList<ViewSelect> selects, int depth, StaticType context, ViewStep next)
    {
        for (var i = selects.Count - 1; i >= 0; i--)
            next = Select(selects[i], depth, context, next);
        return next;
    }

    private ViewStep Select(ViewSelect select, int depth, StaticType context, ViewStep next)
    {
        var inside = select.Iteration == ViewIteration.None ? depth : depth + 1;
        _depth = Math.Max(_depth, inside);
        var iteration = Iteration(select, ref context);
        var step = next;
        if (select.UnionAll.Count > 0)
            step = new UnionStep([.. select.UnionAll.Select(branch => Select(branch, inside, context, next))]);
        step = Selects(select.Selects, inside, context, step);
        if (select.Columns.Count > 0)
            step = new ColumnsStep(inside, [.. select.Columns.Select(column => Column(column, context))], step);
        return select.Iteration switch
        {
            ViewIteration.None => step,
            ViewIteration.Repeat => new RepeatStep(depth, PlaceOf(select), iteration, step),
            ViewIteration.ForEachOrNull => new ForEachStep(depth, PlaceOf(select), iteration[0], step, NoElement(select, depth, next)),
            _ => new ForEachStep(depth, PlaceOf(select), iteration[0], step, null),
        };
    }

    private NoElementStep NoElement(ViewSelect select, int depth, ViewStep next)
    {
        var columns = ColumnsOf([select]);
        return new NoElementStep(
            depth,
            [.. columns.Select(column => _columnIndexes[column.Name])],
            [.. columns.Where(column => column.Path.Trim() == $"%{RowIndex}").Select(column => _columnIndexes[column.Name])],
            next
        );
    }

    private static string PlaceOf(ViewSelect select) =>
        select.Iteration switch
        {
            ViewIteration.ForEach => $"{select.Place}.forEach",
            ViewIteration.ForEachOrNull => $"{select.Place}.forEachOrNull",
            _ => $"{select.Place}.repeat",
        };

    /// <summary>The paths of a select's iteration; what they find is the context of what is inside.</summary>
    private Operation[] Iteration(ViewSelect select, ref StaticType context)
    {
        var place = PlaceOf(select);
        if (select.Iteration == ViewIteration.None)
            return [];
        if (select.Iteration != ViewIteration.Repeat)
        {
            (var path, var found) = Path(select.IterationPaths[0], place, context);
            context = found.AsItem();
            return [path];
        }
        var paths = new Operation[select.IterationPaths.Count];
        StaticType all = new([], IsCollection: false);
        for (var i = 0; i < paths.Length; i++)
        {
            // Each path is also applied to the results of the other paths, and must be valid on at least one of them.
            (paths[i], var found) = Path(select.IterationPaths[i], $"{place}[{i}]", i == 0 ? context : StaticType.Union(context, all));
            all = StaticType.Union(all, found);
        }
        context = all.AsItem();
        return paths;
    }

    private ViewCondition Condition(string path, string place)
    {
        (var operation, var found) = Path(path, place, _input);
        return found.Kind is null or NodeKind.Boolean
            ? new ViewCondition(place, operation)
            : throw new ViewDefinitionException(place, $"'{path}' gives {found}, and not true or false");
    }

    private ColumnPath Column(ViewColumn column, StaticType context)
    {
        if (column.Type is { } type && !ViewColumnKinds.IsPrimitive(type) && _model.FindType(type) is null)
            throw new ViewDefinitionException($"{column.Place}.type", $"{type} is no FHIR type");
        (var path, var found) = Path(column.Path, $"{column.Place}.path", context);
        if (found is { Types.Count: > 0, IsCollection: true } && !column.IsCollection)
            _warnings.Add(new ViewWarning($"{column.Place}.path", MayBeSeveral(column)));
        return Fits(column, found)
            ? new ColumnPath(column, _columnIndexes[column.Name], path)
            : throw new ViewDefinitionException(
                $"{column.Place}.type",
                $"the path gives {found}, which does not fit a column of type {column.Type}"
            );
    }

    private static string MayBeSeveral(ViewColumn column) =>
        $"'{column.Path}' may give several values, and the view fails on a resource with more than one: add .first(), use forEach, or set collection to true";

    /// <summary>Whether the path may give something that the column takes, as far as types tell.</summary>
    private static bool Fits(ViewColumn column, StaticType found)
    {
        if (found.Kind is not { } kind || column.Kind is ViewColumnKind.Any or ViewColumnKind.Json)
            return true;
        return column.Kind switch
        {
            ViewColumnKind.Boolean => kind == NodeKind.Boolean,
            ViewColumnKind.Integer or ViewColumnKind.Numeric => kind is NodeKind.Integer or NodeKind.Decimal,
            _ => found.Types!.Any(type => type.IsPrimitive || type.IsSystem),
        };
    }

    private (Operation Operation, StaticType Found) Path(string path, string place, StaticType context)
    {
        try
        {
            var compiled = FhirPathCompiler.Compile(path, _options);
            return (compiled.Operation, Check(compiled, path, place, context));
        }
        catch (FhirPathException error)
        {
            throw new ViewDefinitionException(place, $"'{path}': {error.Message}", error);
        }
    }

    /// <summary>A path that is not valid on its types gives empty, as the conformance suite requires: a warning and not an error.</summary>
    private StaticType Check(CompiledFhirPath path, string text, string place, StaticType context)
    {
        try
        {
            return new TypeChecker(_model).Check(path.Tree, context, _input);
        }
        catch (FhirPathException error)
        {
            _warnings.Add(new ViewWarning(place, $"'{text}': {error.Message}"));
            return StaticType.Unknown;
        }
    }
}
