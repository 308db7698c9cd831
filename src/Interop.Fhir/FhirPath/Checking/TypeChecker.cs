using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Syntax;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath.Checking;

/// <summary>
/// Infers types through an expression (FHIRPath 2.0, 11.1, type safety) and refuses elements that no type has, a path that starts at
/// another type than its input, and functions and operators on types that they do not accept. Unknown types pass.
/// </summary>
internal sealed class TypeChecker(IFhirTypeModel model, bool checkOrder = false)
{
    private readonly Dictionary<string, StaticType> _variables = [];
    private StaticType _input = StaticType.Unknown;

    /// <summary>What the expression gives.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="context">What $this is where it begins.</param>
    /// <param name="input">What %context and %resource are.</param>
    /// <exception cref="FhirPathException">The expression is not valid on these types.</exception>
    public StaticType Check(Expression expression, StaticType context, StaticType input)
    {
        _input = input;
        return Check(expression, context);
    }

    private StaticType Check(Expression expression, StaticType context) =>
        expression switch
        {
            LiteralExpression { Value: { } value } => StaticType.Single(value.Type),
            SpecialExpression { Name: "this" } => context,
            SpecialExpression { Name: "index" } => StaticType.Integer,
            VariableExpression variable => Variable(variable),
            MemberExpression { Source: null } member when char.IsAsciiLetterUpper(member.Name[0]) => Root(member, context),
            MemberExpression member => Member(member, member.Source is null ? context : Check(member.Source, context)),
            IndexerExpression indexer => Indexer(indexer, context),
            PolarityExpression polarity => Check(polarity.Operand, context).AsItem(),
            BinaryExpression binary => Binary(binary, context),
            TypeExpression test => Typed(test.Operator, Check(test.Operand, context), test.Type),
            CallExpression call => Call(call, context),
            _ => StaticType.Unknown,
        };

    private StaticType Variable(VariableExpression variable) =>
        variable.Name switch
        {
            "context" or "resource" => _input,
            "ucum" or "sct" or "loinc" => StaticType.Text,
            _ => _variables.GetValueOrDefault(variable.Name, StaticType.Unknown),
        };

    private StaticType Root(MemberExpression member, StaticType context)
    {
        if (context.Types is null || model.FindType(member.Name) is not { } type)
            return StaticType.Unknown;
        foreach (var possible in context.Types)
        {
            if (possible.IsSubtypeOf(type))
                return context;
            if (type.IsSubtypeOf(possible))
                return new StaticType([type], context.IsCollection);
        }
        throw FhirPathException.Semantic($"the path starts at {member.Name}, but is evaluated on {context}", member.Position);
    }

    private static StaticType Member(MemberExpression member, StaticType source)
    {
        if (source.Types is null)
            return StaticType.Unknown;
        var types = new List<FhirTypeInfo>();
        bool found = source.Types.Count == 0,
            isCollection = source.IsCollection;
        foreach (var type in source.Types)
        {
            if (type.FindElement(member.Name) is { } element)
            {
                found = true;
                isCollection |= element.IsCollection;
                types.AddRange(element.Types);
            }
            else if (type.IsAbstractResource)
            {
                return StaticType.Unknown;
            }
        }
        if (!found)
            throw FhirPathException.Semantic($"{source} has no element {member.Name}{Hint(source.Types, member.Name)}", member.Position);
        return new StaticType([.. types.Distinct()], isCollection, source.IsUnordered);
    }

    /// <summary>A path names a choice element without its type (value, not valueQuantity): suggest the right form.</summary>
    private static string Hint(IReadOnlyList<FhirTypeInfo> types, string name)
    {
        foreach (var element in types.SelectMany(type => type.Elements))
        {
            if (!element.IsChoice || !name.StartsWith(element.Name, StringComparison.Ordinal))
                continue;
            var type = element.Types.FirstOrDefault(t =>
                name.AsSpan(element.Name.Length).Equals(t.Name, StringComparison.OrdinalIgnoreCase)
            );
            if (type is not null)
                return $"; in a path it is {element.Name}.ofType({type.Name})";
        }
        return "";
    }

    private StaticType Indexer(IndexerExpression indexer, StaticType context)
    {
        var source = Check(indexer.Source, context);
        if (checkOrder && source.IsUnordered)
            throw FhirPathException.Semantic("an index on what has no order", indexer.Position);
        if (Check(indexer.Index, context) is { Kind: not (null or NodeKind.Integer) } index)
            throw FhirPathException.Semantic($"an index must be an integer, not {index}", indexer.Index.Position);
        return source.AsItem();
    }

    private StaticType Binary(BinaryExpression binary, StaticType context)
    {
        StaticType left = Check(binary.Left, context),
            right = Check(binary.Right, context);
        switch (binary.Operator)
        {
            case "|":
                return StaticType.Union(left, right);
            case "+" or "-" or "*" or "/" or "div" or "mod":
                return Arithmetic(binary, left, right);
            case "&":
                return StaticType.Text;
            default:
                return StaticType.Boolean;
        }
    }

    private static StaticType Arithmetic(BinaryExpression binary, StaticType left, StaticType right)
    {
        if (left.Kind is not { } a || right.Kind is not { } b)
            return StaticType.Unknown;
        var possible = (a, b) switch
        {
            (NodeKind.Integer or NodeKind.Decimal, NodeKind.Integer or NodeKind.Decimal) => true,
            (NodeKind.String, NodeKind.String) => binary.Operator == "+",
            (NodeKind.Date or NodeKind.DateTime or NodeKind.Time, NodeKind.Quantity) => binary.Operator is "+" or "-",
            (NodeKind.Quantity, NodeKind.Quantity or NodeKind.Integer or NodeKind.Decimal) => true,
            (NodeKind.Integer or NodeKind.Decimal, NodeKind.Quantity) => true,
            _ => false,
        };
        if (!possible)
            throw FhirPathException.Semantic($"{left} {binary.Operator} {right} is not possible", binary.Position);
        return a == NodeKind.Integer && (b != NodeKind.Integer || binary.Operator == "/") ? StaticType.Unknown : left.AsItem();
    }

    private StaticType Typed(string function, StaticType source, TypeName name)
    {
        if (function == "is")
            return StaticType.Boolean;
        var fhir = name.Namespace is null or "FHIR" ? model.FindType(name.Name) : null;
        var system = name.Namespace is null or SystemTypes.Namespace ? SystemTypes.Find(name.Name) : null;
        var isSystem = source.Types is { Count: > 0 } types && types.All(type => type.IsSystem);
        var result = isSystem ? system ?? fhir : fhir ?? system;
        return result is null
            ? StaticType.Unknown
            : new StaticType([result], function == "ofType" && source.IsCollection, source.IsUnordered);
    }

    private StaticType Call(CallExpression call, StaticType context)
    {
        var source = call.Source is null ? context : Check(call.Source, context);
        if (call.Name is "is" or "as" or "ofType")
            return TypeName.From(call.Arguments[0]) is { } name ? Typed(call.Name, source, name) : StaticType.Unknown;
        if (call.Name == "getReferenceKey")
            return StaticType.Text with { IsCollection = source.IsCollection }; // one key for each reference
        if (checkOrder && source.IsUnordered && FunctionResults.NeedsOrder(call.Name))
            throw FhirPathException.Semantic($"{call.Name}() on what has no order", call.Position);
        if (FunctionResults.NeedsText(call.Name) && source.Types is { Count: > 0 } types && types.All(type => type.Kind != NodeKind.String))
            throw FhirPathException.Semantic($"{call.Name}() needs a string, not {source}", call.Position);
        var inner = FunctionResults.EvaluatesPerItem(call.Name) ? source.AsItem() : context;
        StaticType[] arguments = [.. call.Arguments.Select(argument => Check(argument, inner))];
        switch (call.Name)
        {
            case "select":
                return arguments[0] with { IsCollection = source.IsCollection || arguments[0].IsCollection };
            case "repeat" or "repeatAll":
                // repeat() applies the path to its own results, so the path is checked on their types, too.
                var found = arguments[0];
                Check(call.Arguments[0], found.AsItem());
                return found.AsCollection();
            case "union" or "combine":
                return StaticType.Union(source, arguments[0]);
            case "iif":
                return Iif(call, arguments);
            case "extension":
                return model.FindType("Extension") is { } extension ? new StaticType([extension], IsCollection: true) : StaticType.Unknown;
            case "children" or "descendants":
                return StaticType.Unknown with { IsUnordered = true };
            case "defineVariable" when call.Arguments[0] is LiteralExpression { Value: { } variable }:
                _variables[variable.AsText() ?? ""] = arguments.Length > 1 ? arguments[1] : source;
                return source;
            default:
                return FunctionResults.Of(call.Name, source);
        }
    }

    private static StaticType Iif(CallExpression call, StaticType[] arguments)
    {
        if (arguments[0].Types is { Count: > 0 } criterion && criterion.All(type => type.IsSystem && type.Kind != NodeKind.Boolean))
            throw FhirPathException.Semantic($"the criterion of iif() must be a Boolean, not {arguments[0]}", call.Arguments[0].Position);
        if (arguments.Length == 2)
            return arguments[1];
        return StaticType.Union(arguments[1], arguments[2]) with { IsCollection = arguments[1].IsCollection || arguments[2].IsCollection };
    }
}
