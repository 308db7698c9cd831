using System.Globalization;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>Reads UCUM's case-sensitive codes (UCUM 2.1, section 2): <c>mg/dL</c>, <c>kg.m/s2</c>, <c>10*3/uL</c>,
/// <c>{beats}/min</c>.</summary>
internal sealed class UcumParser
{
    private static readonly UcumUnit Unity = new(1, default);

    private readonly string _code;
    private int _at;
    private int _depth;

    private UcumParser(string code) => _code = code;

    /// <summary>Null where the code is not read.</summary>
    public static UcumUnit? TryParse(string code)
    {
        if (code.Length is 0 or > 200)
            return null;
        try
        {
            var parser = new UcumParser(code);
            var unit = parser.Term();
            return parser._at == code.Length ? unit : null;
        }
        catch (OverflowException)
        {
            // A unit beyond the range of decimal, such as 10*40, is not supported.
            return null;
        }
    }

    private char Current => _at < _code.Length ? _code[_at] : '\0';

    private UcumUnit? Term()
    {
        var result = Unity;
        var divide = false;
        if (Current == '/')
        {
            divide = true;
            _at++;
        }
        else
        {
            result = Component();
        }
        while (result is not null)
        {
            if (!divide)
            {
                if (Current is not ('.' or '/'))
                    break;
                divide = _code[_at++] == '/';
            }
            var next = Component();
            if (next is null || next.Offset != 0 || result.Offset != 0)
                return null;
            result = divide ? result / next : result * next;
            divide = false;
        }
        return result;
    }

    private UcumUnit? Component()
    {
        UcumUnit? unit;
        if (Current == '(')
        {
            if (++_depth > 20)
                return null;
            _at++;
            unit = Term();
            _depth--;
            if (Current != ')')
                return null;
            _at++;
        }
        else if (Current == '{')
        {
            unit = Unity;
        }
        else
        {
            unit = Annotatable();
        }
        if (unit is not null && Current == '{')
        {
            var end = _code.IndexOf('}', _at);
            if (end < 0)
                return null;
            _at = end + 1;
        }
        return unit;
    }

    private UcumUnit? Annotatable()
    {
        var start = _at;
        if (_code.AsSpan(_at).StartsWith("10*") || _code.AsSpan(_at).StartsWith("10^"))
        {
            _at += 3;
            return Power(Atom(_code[start.._at]));
        }
        if (char.IsAsciiDigit(Current))
        {
            while (char.IsAsciiDigit(Current))
                _at++;
            return
                decimal.TryParse(_code.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var factor)
                && factor != 0
                ? new UcumUnit(factor, default)
                : null;
        }
        while (IsAtomChar(Current))
        {
            if (Current == '[')
            {
                var end = _code.IndexOf(']', _at);
                if (end < 0)
                    return null;
                _at = end;
            }
            _at++;
        }
        return _at == start ? null : Power(Atom(_code[start.._at]));
    }

    private static bool IsAtomChar(char c) => char.IsAsciiLetter(c) || c is '[' or '_' or '%' or '\'' or '*' or '^';

    private UcumUnit? Power(UcumUnit? unit)
    {
        var start = _at;
        if (Current is '+' or '-')
            _at++;
        while (char.IsAsciiDigit(Current))
            _at++;
        if (unit is null || start == _at)
            return unit;
        if (
            !int.TryParse(_code.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power)
            || Math.Abs(power) > 30
            || unit.Offset != 0
        )
            return null;
        var result = Unity;
        for (var i = 0; i < Math.Abs(power); i++)
            result *= unit;
        return power < 0 ? Unity / result : result;
    }

    private static UcumUnit? Atom(string code)
    {
        if (UcumTable.Other.TryGetValue(code, out var other))
            return Scaled(other.Factor, other.Of);
        if (Prefixable(code) is { } plain)
            return plain;
        for (var length = 2; length >= 1; length--)
        {
            if (
                code.Length > length
                && UcumTable.Prefixes.TryGetValue(code[..length], out var prefix)
                && Prefixable(code[length..]) is { Offset: 0 } unit
            )
                return unit with { Factor = unit.Factor * prefix };
        }
        return null;
    }

    private static UcumUnit? Prefixable(string code)
    {
        if (UcumTable.Base.TryGetValue(code, out var unit))
            return unit;
        return UcumTable.Metric.TryGetValue(code, out var metric) ? Scaled(metric.Factor, metric.Of) : null;
    }

    private static UcumUnit? Scaled(decimal factor, string of) =>
        UcumUnit.TryParse(of) is { } unit ? unit with { Factor = unit.Factor * factor } : null;
}
