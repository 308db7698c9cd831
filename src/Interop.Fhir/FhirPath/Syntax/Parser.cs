using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Values;

namespace Interop.Fhir.FhirPath.Syntax;

/// <summary>Recursive descent over the grammar of FHIRPath 2.0 (appendix A); one method per level of precedence, loosest first.</summary>
internal sealed class Parser
{
    /// <summary>Deeper nesting is refused: the evaluator recurses, and an expression comes from a user.</summary>
    private const int MaximumDepth = 200;

    /// <summary>The largest number of steps and operators: the tree of a chain is as deep as the chain is long.</summary>
    private const int MaximumLinks = 1500;

    private const int MaximumLength = 64 * 1024;

    private static readonly string[][] BinaryLevels =
    [
        ["implies"],
        ["or", "xor"],
        ["and"],
        ["in", "contains"],
        ["=", "~", "!=", "!~"],
        ["<=", "<", ">", ">="],
        ["|"],
    ];

    private static readonly string[] Additive = ["+", "-", "&"];
    private static readonly string[] Multiplicative = ["*", "/", "div", "mod"];

    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;
    private int _links;

    private Parser(List<Token> tokens) => _tokens = tokens;

    public static Expression Parse(string text)
    {
        if (text.Length > MaximumLength)
            throw FhirPathException.Syntax($"the expression has more than {MaximumLength:N0} characters", MaximumLength);
        var parser = new Parser(Lexer.Read(text));
        var expression = parser.Binary(0);
        if (parser.Current.Kind != TokenKind.End)
            throw FhirPathException.Syntax($"unexpected {parser.Current}", parser.Current.Position);
        return expression;
    }

    private Token Current => _tokens[_at];

    private Token Take() => _tokens[_at++];

    private void CountLink()
    {
        if (++_links > MaximumLinks)
            throw FhirPathException.Syntax($"the expression has more than {MaximumLinks} steps and operators", Current.Position);
    }

    private void Expect(string symbol)
    {
        if (!Current.IsSymbol(symbol))
            throw FhirPathException.Syntax($"expected '{symbol}' but found {Current}", Current.Position);
        _at++;
    }

    private bool TakeOperator(string[] operators, out Token token)
    {
        token = Current;
        if (token.Kind is not (TokenKind.Symbol or TokenKind.Identifier) || Array.IndexOf(operators, token.Text) < 0)
            return false;
        _at++;
        CountLink();
        return true;
    }

    private Expression Binary(int level)
    {
        if (level == BinaryLevels.Length)
            return Typed();
        if (level == 0 && ++_depth > MaximumDepth)
            throw FhirPathException.Syntax("the expression is nested too deeply", Current.Position);
        var left = Binary(level + 1);
        while (TakeOperator(BinaryLevels[level], out var token))
            left = new BinaryExpression(token.Text, left, Binary(level + 1), token.Position);
        if (level == 0)
            _depth--;
        return left;
    }

    private Expression Typed()
    {
        var operand = Sum();
        while (Current.IsWord("is") || Current.IsWord("as"))
        {
            var token = Take();
            operand = new TypeExpression(token.Text, operand, TypeSpecifier(), token.Position);
        }
        return operand;
    }

    private TypeName TypeSpecifier()
    {
        var first = Take();
        if (first.Kind is not (TokenKind.Identifier or TokenKind.DelimitedIdentifier))
            throw FhirPathException.Syntax($"expected the name of a type but found {first}", first.Position);
        if (!Current.IsSymbol("."))
            return new TypeName(null, first.Text, first.Position);
        Take();
        var second = Take();
        if (second.Kind is not (TokenKind.Identifier or TokenKind.DelimitedIdentifier))
            throw FhirPathException.Syntax($"expected the name of a type but found {second}", second.Position);
        return new TypeName(first.Text, second.Text, first.Position);
    }

    private Expression Sum()
    {
        var left = Product();
        while (TakeOperator(Additive, out var token))
            left = new BinaryExpression(token.Text, left, Product(), token.Position);
        return left;
    }

    private Expression Product()
    {
        var left = Polarity();
        while (TakeOperator(Multiplicative, out var token))
            left = new BinaryExpression(token.Text, left, Polarity(), token.Position);
        return left;
    }

    private Expression Polarity()
    {
        if (!Current.IsSymbol("-") && !Current.IsSymbol("+"))
            return Path();
        var token = Take();
        if (++_depth > MaximumDepth)
            throw FhirPathException.Syntax("the expression is nested too deeply", token.Position);
        var operand = Polarity();
        _depth--;
        return new PolarityExpression(token.Text == "-", operand, token.Position);
    }

    private Expression Path()
    {
        var term = Term();
        while (true)
        {
            CountLink();
            if (Current.IsSymbol("."))
            {
                Take();
                term = Invocation(term);
            }
            else if (Current.IsSymbol("["))
            {
                var bracket = Take();
                var index = Binary(0);
                Expect("]");
                term = new IndexerExpression(term, index, bracket.Position);
            }
            else
            {
                return term;
            }
        }
    }

    private Expression Invocation(Expression? source)
    {
        var token = Take();
        switch (token.Kind)
        {
            case TokenKind.Special when source is not null:
                throw FhirPathException.Syntax($"${token.Text} cannot follow a path", token.Position);
            case TokenKind.Identifier or TokenKind.DelimitedIdentifier when Current.IsSymbol("("):
                Take();
                return new CallExpression(source, token.Text, Arguments(), token.Position);
            case TokenKind.Identifier or TokenKind.DelimitedIdentifier:
                return new MemberExpression(source, token.Text, token.Position);
            default:
                throw FhirPathException.Syntax($"expected an element or a function but found {token}", token.Position);
        }
    }

    private List<Expression> Arguments()
    {
        var arguments = new List<Expression>();
        if (!Current.IsSymbol(")"))
        {
            arguments.Add(Binary(0));
            while (Current.IsSymbol(","))
            {
                Take();
                arguments.Add(Binary(0));
            }
        }
        Expect(")");
        return arguments;
    }

    private Expression Term()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.String:
                Take();
                return new LiteralExpression(FhirPathNode.FromString(token.Text), token.Position);
            case TokenKind.Number:
                return Number();
            case TokenKind.Date or TokenKind.DateTime or TokenKind.Time:
                Take();
                return new LiteralExpression(FhirPathNode.FromTemporal(TemporalLiteral(token)), token.Position);
            case TokenKind.External:
                Take();
                return new VariableExpression(token.Text, token.Position);
            case TokenKind.Special:
                Take();
                return token.Text is "this" or "index" or "total"
                    ? new SpecialExpression(token.Text, token.Position)
                    : throw FhirPathException.Syntax($"${token.Text} is not known: there are $this, $index and $total", token.Position);
            case TokenKind.Identifier when token.Text is "true" or "false" && !Following.IsSymbol("("):
                Take();
                return new LiteralExpression(FhirPathNode.FromBoolean(token.Text == "true"), token.Position);
            case TokenKind.Symbol when token.Text == "(":
                Take();
                var inner = Binary(0);
                Expect(")");
                return inner;
            case TokenKind.Symbol when token.Text == "{":
                Take();
                Expect("}");
                return new LiteralExpression(null, token.Position);
            default:
                return Invocation(null);
        }
    }

    private Token Following => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    private static Temporal TemporalLiteral(Token token)
    {
        var kind = token.Kind switch
        {
            TokenKind.Date => TemporalKind.Date,
            TokenKind.Time => TemporalKind.Time,
            _ => TemporalKind.DateTime,
        };
        return Temporal.TryParse(token.Text, kind, out var value)
            ? value
            : throw FhirPathException.Syntax($"'{token.Text}' is not a {kind}", token.Position);
    }

    private LiteralExpression Number()
    {
        var token = Take();
        var isInteger = !token.Text.Contains('.');
        if (
            !decimal.TryParse(
                token.Text,
                System.Globalization.NumberStyles.AllowDecimalPoint,
                System.Globalization.CultureInfo.InvariantCulture,
                out var number
            )
        )
            throw FhirPathException.Syntax($"the number {token.Text} is too large", token.Position);
        if (Current.Kind == TokenKind.String)
            return new LiteralExpression(FhirPathNode.FromQuantity(new Quantity(number, Take().Text)), token.Position);
        if (Current.Kind == TokenKind.Identifier && CalendarUnit.IsKeyword(Current.Text))
            return new LiteralExpression(FhirPathNode.FromQuantity(new Quantity(number, Take().Text, isCalendar: true)), token.Position);
        if (!isInteger)
            return new LiteralExpression(FhirPathNode.FromDecimal(number), token.Position);
        return number <= int.MaxValue
            ? new LiteralExpression(FhirPathNode.FromInteger((long)number), token.Position)
            : throw FhirPathException.Syntax($"the integer {token.Text} is too large", token.Position);
    }
}
