using System.Text;
using Interop.Fhir.FhirPath.Errors;

namespace Interop.Fhir.FhirPath.Syntax;

/// <summary>Splits an expression into tokens (FHIRPath 2.0, appendix B: the lexical elements).</summary>
internal sealed class Lexer(string text)
{
    private static readonly string[] Symbols =
    [
        "<=",
        ">=",
        "!=",
        "!~",
        ".",
        ",",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "+",
        "-",
        "*",
        "/",
        "|",
        "&",
        "=",
        "~",
        "<",
        ">",
    ];

    private int _at;

    public static List<Token> Read(string text)
    {
        var lexer = new Lexer(text);
        var tokens = new List<Token>();
        Token token;
        do
        {
            token = lexer.Next();
            tokens.Add(token);
        } while (token.Kind != TokenKind.End);
        return tokens;
    }

    private char Current => _at < text.Length ? text[_at] : '\0';

    private char Ahead(int by) => _at + by < text.Length ? text[_at + by] : '\0';

    private Token Next()
    {
        SkipBlanks();
        var start = _at;
        if (start >= text.Length)
            return new Token(TokenKind.End, "", start);
        var c = text[start];
        if (IsWordStart(c))
            return new Token(TokenKind.Identifier, Word(), start);
        if (char.IsAsciiDigit(c))
            return new Token(TokenKind.Number, Number(), start);
        switch (c)
        {
            case '\'':
                return new Token(TokenKind.String, Quoted('\''), start);
            case '`':
            case '"':
                return new Token(TokenKind.DelimitedIdentifier, QuotedName(c), start);
            case '@':
                return Temporal();
            case '%':
                _at++;
                if (Current is '`' or '\'' or '"')
                    return new Token(TokenKind.External, QuotedName(Current), start);
                return IsWordStart(Current)
                    ? new Token(TokenKind.External, Word(), start)
                    : throw FhirPathException.Syntax("% must be followed by the name of a variable", start);
            case '$':
                _at++;
                return IsWordStart(Current)
                    ? new Token(TokenKind.Special, Word(), start)
                    : throw FhirPathException.Syntax("$ must be followed by this, index or total", start);
        }
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, start, symbol, 0, symbol.Length) == 0)
            {
                _at += symbol.Length;
                return new Token(TokenKind.Symbol, symbol, start);
            }
        }
        throw FhirPathException.Syntax($"unexpected character '{c}'", start);
    }

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            if (char.IsWhiteSpace(Current))
            {
                _at++;
            }
            else if (Current == '/' && Ahead(1) == '/')
            {
                while (_at < text.Length && Current is not ('\n' or '\r'))
                    _at++;
            }
            else if (Current == '/' && Ahead(1) == '*')
            {
                var end = text.IndexOf("*/", _at + 2, StringComparison.Ordinal);
                if (end < 0)
                    throw FhirPathException.Syntax("a comment is not closed", _at);
                _at = end + 2;
            }
            else
            {
                return;
            }
        }
    }

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private string Word()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current == '_')
            _at++;
        return text[start.._at];
    }

    private string Number()
    {
        var start = _at;
        Digits();
        if (Current == '.' && char.IsAsciiDigit(Ahead(1)))
        {
            _at++;
            Digits();
        }
        return text[start.._at];
    }

    private int Digits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Current))
            _at++;
        return _at - start;
    }

    /// <summary>@2015-02-04, @2015T, @2015-02-04T14:34:28.123+10:00, @T14:34.</summary>
    private Token Temporal()
    {
        var start = _at++;
        if (Current == 'T')
        {
            _at++;
            TimeOfDay(start);
            return new Token(TokenKind.Time, text[(start + 2).._at], start);
        }
        Expect(Digits() == 4, start);
        for (var part = 0; part < 2 && Current == '-' && char.IsAsciiDigit(Ahead(1)); part++)
        {
            _at++;
            Expect(Digits() == 2, start);
        }
        if (Current != 'T')
            return new Token(TokenKind.Date, text[(start + 1).._at], start);
        _at++;
        if (char.IsAsciiDigit(Current))
        {
            TimeOfDay(start);
            if (Current == 'Z')
            {
                _at++;
            }
            else if (Current is '+' or '-' && char.IsAsciiDigit(Ahead(1)) && char.IsAsciiDigit(Ahead(2)) && Ahead(3) == ':')
            {
                _at += 4;
                Expect(Digits() == 2, start);
            }
        }
        return new Token(TokenKind.DateTime, text[(start + 1).._at], start);
    }

    private void TimeOfDay(int start)
    {
        Expect(Digits() == 2, start);
        for (var part = 0; part < 2 && Current == ':'; part++)
        {
            _at++;
            Expect(Digits() == 2, start);
        }
        if (Current == '.' && char.IsAsciiDigit(Ahead(1)))
        {
            _at++;
            Digits();
        }
        // A time of day has no time zone: without this, @T14:34:28Z would be read as a time followed by a word.
        if (text[start + 1] == 'T' && (Current == 'Z' || (Current == '+' && char.IsAsciiDigit(Ahead(1)) && Ahead(3) == ':')))
            throw FhirPathException.Syntax("a time has no time zone", _at);
    }

    private static void Expect(bool holds, int start)
    {
        if (!holds)
            throw FhirPathException.Syntax("not a date, date with time, or time", start);
    }

    private string QuotedName(char quote)
    {
        var start = _at;
        var name = Quoted(quote);
        return name.Length > 0 ? name : throw FhirPathException.Syntax("a name in quotes must not be empty", start);
    }

    private string Quoted(char quote)
    {
        var start = _at++;
        var value = new StringBuilder();
        while (Current != quote)
        {
            if (_at >= text.Length)
                throw FhirPathException.Syntax("a quoted text is not closed", start);
            if (Current == '\\')
                Escape(value);
            else
                value.Append(text[_at++]);
        }
        _at++;
        return value.ToString();
    }

    private void Escape(StringBuilder value)
    {
        var c = Ahead(1);
        if (c == 'u')
        {
            if (
                _at + 6 > text.Length
                || !ushort.TryParse(text.AsSpan(_at + 2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code)
            )
                throw FhirPathException.Syntax("\\u must be followed by four hexadecimal digits", _at);
            value.Append((char)code);
            _at += 6;
            return;
        }
        // An unknown escape stands for the character itself, as in the reference implementations (regular expressions rely on it: '\d' is
        // written '\\d').
        value.Append(
            c switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'f' => '\f',
                _ => c,
            }
        );
        _at += 2;
        if (_at > text.Length)
            throw FhirPathException.Syntax("a quoted text is not closed", _at - 2);
    }
}
