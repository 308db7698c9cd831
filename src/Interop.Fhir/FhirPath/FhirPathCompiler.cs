using Interop.Fhir.FhirPath.Checking;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Functions;
using Interop.Fhir.FhirPath.Syntax;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath;

/// <summary>Options of compilation.</summary>
public sealed record FhirPathOptions
{
    /// <summary>The types of FHIR.</summary>
    public IFhirTypeModel TypeModel { get; init; } = R4TypeModel.Instance;

    /// <summary>The variables that an evaluation will give; another name is an error of compilation. Null leaves it to the
    /// evaluation.</summary>
    public IReadOnlySet<string>? KnownVariables { get; init; }

    /// <summary>
    /// as() and the operator as filter a collection by type, as ofType() does. FHIRPath 2.0 asks for one item; the invariants and search
    /// parameters of R4 are written for the older meaning (dom-3: <c>%resource.descendants().as(canonical)</c>).
    /// </summary>
    public bool AsTakesCollections { get; init; }

    /// <summary>
    /// The type that the expression will be evaluated on, such as <c>Patient</c>: the expression is then checked against the elements of
    /// the types along the path, and refused when it names others. With null there is no check, and an unknown element gives empty.
    /// </summary>
    public string? InputType { get; init; }

    /// <summary>With <see cref="InputType"/>: refuse functions that need an order (first, skip ...) on collections without one (children,
    /// descendants).</summary>
    public bool CheckOrderedFunctions { get; init; }

    /// <summary>Variables that are known when the expression is compiled, such as the constants of a view.</summary>
    internal IReadOnlyDictionary<string, Operation>? VariableOperations { get; init; }
}

/// <summary>Compiles FHIRPath (HL7 FHIRPath 2.0.0, with functions of 3.0 that R4's tests and SQL on FHIR use). Stateless.</summary>
public static class FhirPathCompiler
{
    /// <exception cref="FhirPathException">The text is not FHIRPath, or names an unknown function, type or variable.</exception>
    public static CompiledFhirPath Compile(string expression, FhirPathOptions? options = null)
    {
        options ??= new FhirPathOptions();
        var tree = Parser.Parse(expression);
        // Build first: it checks the argument counts that the type checker relies on.
        var operation = new Builder(options).Build(tree);
        if (options.InputType is { } name)
        {
            var type = options.TypeModel.FindType(name) ?? throw new ArgumentException($"{name} is no FHIR type", nameof(options));
            var input = StaticType.Single(type);
            new TypeChecker(options.TypeModel, options.CheckOrderedFunctions).Check(
                tree,
                input,
                type.IsResource ? input : StaticType.Unknown
            );
        }
        return new CompiledFhirPath(expression, tree, operation, options.TypeModel);
    }

    private sealed class Builder(FhirPathOptions options)
    {
        /// <summary>Names that defineVariable() gives anywhere in the expression; their scope is checked at evaluation.</summary>
        private readonly HashSet<string> _defined = [];
        private int _definitions;

        /// <summary>Compiles an operand or argument; variables that it defines are not visible outside of it.</summary>
        public Operation Scoped(Expression expression)
        {
            var before = _definitions;
            var operation = Build(expression);
            return _definitions == before ? operation : new ScopedOperation(operation);
        }

        public Operation Build(Expression expression) =>
            expression switch
            {
                LiteralExpression { Value: { } value } => new LiteralOperation(value),
                LiteralExpression => new EmptyOperation(),
                SpecialExpression { Name: "this" } => new ThisOperation(),
                SpecialExpression { Name: "index" } => new IndexOperation(),
                SpecialExpression => new TotalOperation(),
                VariableExpression variable => Variable(variable),
                MemberExpression { Source: null } member when char.IsAsciiLetterUpper(member.Name[0]) => new TypeRootOperation(member.Name)
                {
                    Position = member.Position,
                },
                MemberExpression member => new MemberOperation(Source(member.Source), member.Name) { Position = member.Position },
                IndexerExpression indexer => new IndexerOperation(Build(indexer.Source), Scoped(indexer.Index))
                {
                    Position = indexer.Position,
                },
                PolarityExpression polarity => new PolarityOperation(Build(polarity.Operand), polarity.Negative)
                {
                    Position = polarity.Position,
                },
                TypeExpression { Operator: "is" } test => Is(test.Operand, TypeTest.Find(options.TypeModel, test.Type), test.Position),
                TypeExpression cast when options.AsTakesCollections => new OfTypeOperation(
                    Build(cast.Operand),
                    TypeTest.Find(options.TypeModel, cast.Type)
                )
                {
                    Position = cast.Position,
                },
                TypeExpression cast => new AsOperation(Build(cast.Operand), TypeTest.Find(options.TypeModel, cast.Type))
                {
                    Position = cast.Position,
                },
                BinaryExpression binary => Binary(binary),
                CallExpression call => Call(call),
                _ => throw new InvalidOperationException($"{expression.GetType().Name} has no operation"),
            };

        private Operation Source(Expression? source) => source is null ? new ThisOperation() : Build(source);

        private Operation Variable(VariableExpression variable)
        {
            if (
                options.KnownVariables is { } known
                && !known.Contains(variable.Name)
                && !_defined.Contains(variable.Name)
                && !Variables.IsBuiltIn(variable.Name)
            )
                throw FhirPathException.Semantic($"there is no variable %{variable.Name}", variable.Position);
            return options.VariableOperations?.GetValueOrDefault(variable.Name) ?? Variables.Compile(variable.Name, variable.Position);
        }

        private Operation Binary(BinaryExpression binary)
        {
            Operation left = Scoped(binary.Left),
                right = Scoped(binary.Right);
            var position = binary.Position;
            switch (binary.Operator)
            {
                case "=" or "!=":
                    var negate = binary.Operator == "!=";
                    return right is LiteralOperation { Value: { Kind: NodeKind.String } text }
                        ? new EqualsTextOperation(left, text.AsText()!, negate) { Position = position }
                        : new EqualOperation(left, right, negate) { Position = position };
                case "~" or "!~":
                    return new EquivalentOperation(left, right, binary.Operator == "!~") { Position = position };
                case "<" or "<=" or ">" or ">=":
                    return new OrderOperation(left, right, binary.Operator) { Position = position };
                case "and" or "or" or "xor" or "implies":
                    return new LogicOperation(left, right, binary.Operator) { Position = position };
                case "in":
                    return new MembershipOperation(left, right) { Position = position };
                case "contains":
                    return new MembershipOperation(right, left) { Position = position };
                case "|":
                    return new UnionOperation(left, right) { Position = position };
                default:
                    return new ArithmeticOperation(left, right, binary.Operator) { Position = position };
            }
        }

        private Operation Call(CallExpression call)
        {
            switch (call.Name)
            {
                case "is" or "as" or "ofType":
                    return TypeCall(call);
                case "extension":
                    if (call.Arguments.Count != 1)
                        throw WrongArguments(call, "1");
                    return new ExtensionOperation(Source(call.Source), Build(call.Arguments[0])) { Position = call.Position };
                case "getReferenceKey":
                    if (call.Arguments.Count > 1)
                        throw WrongArguments(call, "0 to 1");
                    return new CallOperation(
                        Source(call.Source),
                        call.Name,
                        [],
                        FhirFunctions.GetReferenceKey(call.Arguments.Count == 0 ? null : TypeArgument(call).Name)
                    )
                    {
                        Position = call.Position,
                    };
                case "sort":
                    return Sort(call);
            }
            var function =
                FunctionTable.Find(call.Name) ?? throw FhirPathException.Semantic($"there is no function {call.Name}()", call.Position);
            if (call.Arguments.Count < function.MinimumArguments || call.Arguments.Count > function.MaximumArguments)
                throw WrongArguments(
                    call,
                    function.MinimumArguments == function.MaximumArguments
                        ? $"{function.MinimumArguments}"
                        : $"{function.MinimumArguments} to {function.MaximumArguments}"
                );
            var source = Source(call.Source);
            if (call.Name == "defineVariable")
                _definitions++;
            if (call is { Name: "defineVariable", Arguments: [LiteralExpression { Value: { Kind: NodeKind.String } name }, ..] })
                _defined.Add(name.AsText()!);
            return new CallOperation(source, call.Name, [.. call.Arguments.Select(Scoped)], function.Body) { Position = call.Position };
        }

        private static FhirPathException WrongArguments(CallExpression call, string expected) =>
            FhirPathException.Semantic($"{call.Name}() takes {expected} arguments, not {call.Arguments.Count}", call.Position);

        private static TypeName TypeArgument(CallExpression call)
        {
            if (call.Arguments.Count != 1)
                throw WrongArguments(call, "1");
            return TypeName.From(call.Arguments[0])
                ?? throw FhirPathException.Semantic($"{call.Name}() takes the name of a type", call.Arguments[0].Position);
        }

        private Operation Is(Expression operand, TypeTest type, int position) =>
            operand is CallExpression { Name: "resolve", Arguments.Count: 0 } resolve
                ? new ResolvesToOperation(Source(resolve.Source), Build(operand), type) { Position = position }
                : new IsOperation(Build(operand), type) { Position = position };

        private Operation TypeCall(CallExpression call)
        {
            var type = TypeTest.Find(options.TypeModel, TypeArgument(call));
            if (call is { Name: "is", Source: { } operand })
                return Is(operand, type, call.Position);
            var source = Source(call.Source);
            return call.Name switch
            {
                "is" => new IsOperation(source, type) { Position = call.Position },
                "as" when !options.AsTakesCollections => new AsOperation(source, type) { Position = call.Position },
                // value.ofType(Quantity) reads valueQuantity at once.
                _ when source is MemberOperation member && type.Fhir is { } only => new MemberOperation(member.Source, member.Name, only)
                {
                    Position = member.Position,
                },
                _ => new OfTypeOperation(source, type) { Position = call.Position },
            };
        }

        private CallOperation Sort(CallExpression call)
        {
            bool[] descending = [.. call.Arguments.Select(key => key is PolarityExpression { Negative: true })];
            Operation[] keys = [.. call.Arguments.Select(key => Build(key is PolarityExpression sign ? sign.Operand : key))];
            return new CallOperation(Source(call.Source), call.Name, keys, (in Call c) => FilteringFunctions.Sort(c, descending))
            {
                Position = call.Position,
            };
        }
    }
}
