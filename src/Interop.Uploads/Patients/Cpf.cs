namespace Interop.Uploads.Patients;

/// <summary>Brazilian taxpayer numbers: eleven digits, the last two are check digits.</summary>
internal static class Cpf
{
    /// <summary>The eleven digits without punctuation; null when the number is not valid.</summary>
    public static string? Normalize(string text)
    {
        Span<char> digits = stackalloc char[11];
        var count = 0;
        foreach (var letter in text)
        {
            if (letter is '.' or '-' or ' ' or '/')
                continue;
            if (!char.IsAsciiDigit(letter) || count == 11)
                return null;
            digits[count++] = letter;
        }
        if (
            count != 11
            || digits.IndexOfAnyExcept(digits[0]) < 0
            || CheckDigit(digits[..9]) != digits[9]
            || CheckDigit(digits[..10]) != digits[10]
        )
            return null;
        return new string(digits);
    }

    private static char CheckDigit(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
            sum += (digits[i] - '0') * (digits.Length + 1 - i);
        var rest = sum * 10 % 11 % 10;
        return (char)('0' + rest);
    }
}
