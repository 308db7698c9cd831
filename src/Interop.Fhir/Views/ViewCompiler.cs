using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.Views;

/// <summary>Makes the steps of a view, from the last to the first: each knows what follows it.</summary>
internal sealed class ViewCompiler
{
    private const string RowIndex = "rowIndex";

    private readonly ViewDefinition _definition;
    private readonly IFhirTypeModel _model;
    private readonly FhirPathOptions _options;
    private readonly Dictionary<string, int> _columnIndexes = new(StringComparer.Ordinal);
    private int _depth;

    public ViewCompiler(ViewDefinition definition, IFhirTypeModel model)
    {
        _definition = definition;
        _model = model;
        var operations = new Dictionary<string, Operation>(StringComparer.Ordinal) { [RowIndex] = new RowIndexOperation() };
        for (int i = 0; i < definition.Constants.Count; i++)
        {
            ViewConstant constant = definition.Constants[i];
            FhirTypeInfo type = model.FindType(constant.Type) ?? throw new ViewDefinitionException($"constant[{i}]", $"{constant.Type} is no type");
            if (!operations.TryAdd(constant.Name, new LiteralOperation(FhirPathNode.FromJson(constant.Value, type))))
                throw new ViewDefinitionException($"constant[{i}].name", $"there is another constant {constant.Name}");
        }
        _options = new FhirPathOptions { TypeModel = model, KnownVariables = operations.Keys.ToHashSet(), VariableOperations = operations };
    }

    public CompiledView Compile()
    {
        FhirTypeInfo resource = _model.FindType(_definition.Resource) ?? throw new ViewDefinitionException("resource", $"{_definition.Resource} is no type of resource");
        List<ViewColumn> columns = ColumnsOf(_definition.Select);
        if (columns.Count == 0 && _definition.Select.Count == 0)
            throw new ViewDefinitionException("select", "the view selects nothing");
        foreach (ViewColumn column in columns)
        {
            if (!_columnIndexes.TryAdd(column.Name, _columnIndexes.Count))
                throw new ViewDefinitionException($"{column.Place}.name", $"there is another column {column.Name}");
        }
        ViewCondition[] where = [.. _definition.Where.Select((path, i) => new ViewCondition($"where[{i}].path", Path(path, $"where[{i}].path")))];
        ViewStep first = Selects(_definition.Select, 0, new RowStep());
        return new CompiledView(_definition, _model, resource, columns, first, where, _depth);
    }

    /// <summary>The columns of selects beside each other, in their order; those of a unionAll once.</summary>
    private static List<ViewColumn> ColumnsOf(IReadOnlyList<ViewSelect> selects)
    {
        var columns = new List<ViewColumn>();
        foreach (ViewSelect select in selects)
        {
            columns.AddRange(select.Columns);
            columns.AddRange(ColumnsOf(select.Selects));
            List<ViewColumn>? first = null;
            foreach (ViewSelect branch in select.UnionAll)
            {
                List<ViewColumn> own = ColumnsOf([branch]);
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
            throw new ViewDefinitionException(place, $"every branch of a unionAll needs the same columns in the same order: the first has {Names(first)}, this one {Names(other)}");
        for (int i = 0; i < first.Count; i++)
        {
            if (first[i].Kind != other[i].Kind || first[i].IsCollection != other[i].IsCollection)
                throw new ViewDefinitionException(other[i].Place, $"the column {first[i].Name} is {Shape(other[i])} here, and {Shape(first[i])} in the first branch of the unionAll");
        }
    }

    private static string Names(List<ViewColumn> columns) => columns.Count == 0 ? "none" : string.Join(", ", columns.Select(c => c.Name));

    private static string Shape(ViewColumn column) => $"{(column.IsCollection ? "a collection of " : "")}{column.Type ?? "no stated type"}";

    private ViewStep Selects(IReadOnlyList<ViewSelect> selects, int depth, ViewStep next)
    {
        for (int i = selects.Count - 1; i >= 0; i--)
            next = Select(selects[i], depth, next);
        return next;
    }

    private ViewStep Select(ViewSelect select, int depth, ViewStep next)
    {
        int inside = select.Iteration == ViewIteration.None ? depth : depth + 1;
        _depth = Math.Max(_depth, inside);
        ViewStep step = next;
        if (select.UnionAll.Count > 0)
            step = new UnionStep([.. select.UnionAll.Select(branch => Select(branch, inside, next))]);
        step = Selects(select.Selects, inside, step);
        if (select.Columns.Count > 0)
            step = new ColumnsStep(inside, [.. select.Columns.Select(Column)], step);
        switch (select.Iteration)
        {
            case ViewIteration.ForEach or ViewIteration.ForEachOrNull:
                string place = $"{select.Place}.{(select.Iteration == ViewIteration.ForEach ? "forEach" : "forEachOrNull")}";
                return new ForEachStep(depth, place, Path(select.IterationPaths[0], place), select.Iteration == ViewIteration.ForEachOrNull, step);
            case ViewIteration.Repeat:
                return new RepeatStep(depth, $"{select.Place}.repeat", [.. select.IterationPaths.Select((path, i) => Path(path, $"{select.Place}.repeat[{i}]"))], step);
            default:
                return step;
        }
    }

    private ColumnPath Column(ViewColumn column)
    {
        if (column.Type is { } type && !ViewColumnKinds.IsPrimitive(type) && _model.FindType(type) is null)
            throw new ViewDefinitionException($"{column.Place}.type", $"{type} is no FHIR type");
        return new ColumnPath(column, _columnIndexes[column.Name], Path(column.Path, $"{column.Place}.path"));
    }

    private Operation Path(string path, string place)
    {
        try
        {
            return FhirPathCompiler.Compile(path, _options).Operation;
        }
        catch (FhirPathException error)
        {
            throw new ViewDefinitionException(place, $"'{path}': {error.Message}", error);
        }
    }
}
