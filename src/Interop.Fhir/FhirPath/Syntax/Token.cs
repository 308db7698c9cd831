namespace Interop.Fhir.FhirPath.Syntax;

internal enum TokenKind
{
    End,
    Identifier,
    DelimitedIdentifier,
    String,
    Number,
    Date,
    DateTime,
    Time,

    /// <summary>%name, the text is the name.</summary>
    External,

    /// <summary>$this, $index, $total; the text is without the dollar sign.</summary>
    Special,
    Symbol,
}

/// <summary>A token of an expression; <see cref="Text"/> is unescaped and without delimiters.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Position)
{
    public bool IsSymbol(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) => Kind == TokenKind.Identifier && Text == word;

    public override string ToString() =>
        Kind switch
        {
            TokenKind.End => "the end of the expression",
            TokenKind.String => $"the string '{Text}'",
            _ => $"'{Text}'",
        };
}
