using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Syntax;

/// <summary>A node of the syntax tree; <paramref name="Position"/> is its character in the expression.</summary>
internal abstract record Expression(int Position);

/// <summary>A literal, already a value. {} is the literal without one.</summary>
internal sealed record LiteralExpression(FhirPathNode? Value, int Position) : Expression(Position);

/// <summary>$this, $index or $total.</summary>
internal sealed record SpecialExpression(string Name, int Position) : Expression(Position);

/// <summary>%name.</summary>
internal sealed record VariableExpression(string Name, int Position) : Expression(Position);

/// <summary>A step to an element; without a source it starts at $this.</summary>
internal sealed record MemberExpression(Expression? Source, string Name, int Position) : Expression(Position);

/// <summary>A function call; without a source it is called on $this.</summary>
internal sealed record CallExpression(Expression? Source, string Name, IReadOnlyList<Expression> Arguments, int Position)
    : Expression(Position);

internal sealed record IndexerExpression(Expression Source, Expression Index, int Position) : Expression(Position);

/// <summary>+x or -x.</summary>
internal sealed record PolarityExpression(bool Negative, Expression Operand, int Position) : Expression(Position);

internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right, int Position) : Expression(Position);

/// <summary>x is T, x as T.</summary>
internal sealed record TypeExpression(string Operator, Expression Operand, TypeName Type, int Position) : Expression(Position);

/// <summary>A type specifier, such as Quantity or System.Quantity.</summary>
internal sealed record TypeName(string? Namespace, string Name, int Position)
{
    public override string ToString() => Namespace is null ? Name : $"{Namespace}.{Name}";

    /// <summary>The type named by an argument, as in ofType(FHIR.Patient); null where the argument is no name.</summary>
    public static TypeName? From(Expression expression) =>
        expression switch
        {
            MemberExpression { Source: null } name => new TypeName(null, name.Name, name.Position),
            MemberExpression { Source: MemberExpression { Source: null } prefix } name => new TypeName(
                prefix.Name,
                name.Name,
                prefix.Position
            ),
            _ => null,
        };
}
