using System.Text;

namespace Interop.Fhir.FhirPath.Values;

/// <summary>Exponents of UCUM's seven base units, and of the calendar month, which has no fixed length and so is its own kind of
/// time.</summary>
internal readonly record struct Dimension(int Metre, int Second, int Gram, int Radian, int Kelvin, int Coulomb, int Candela, int Month)
{
    public static Dimension operator +(Dimension a, Dimension b) =>
        new(
            a.Metre + b.Metre,
            a.Second + b.Second,
            a.Gram + b.Gram,
            a.Radian + b.Radian,
            a.Kelvin + b.Kelvin,
            a.Coulomb + b.Coulomb,
            a.Candela + b.Candela,
            a.Month + b.Month
        );

    public static Dimension operator -(Dimension a, Dimension b) => a + (b * -1);

    public static Dimension operator *(Dimension a, int power) =>
        new(
            a.Metre * power,
            a.Second * power,
            a.Gram * power,
            a.Radian * power,
            a.Kelvin * power,
            a.Coulomb * power,
            a.Candela * power,
            a.Month * power
        );

    /// <summary>The product of base units as a UCUM code; '1' for none.</summary>
    public string ToUcum()
    {
        var code = new StringBuilder();
        foreach (
            (var unit, var power) in (ReadOnlySpan<(string, int)>)
                [
                    ("m", Metre),
                    ("s", Second),
                    ("g", Gram),
                    ("rad", Radian),
                    ("K", Kelvin),
                    ("C", Coulomb),
                    ("cd", Candela),
                    (UcumUnit.CalendarMonth, Month),
                ]
        )
        {
            if (power == 0)
                continue;
            if (code.Length > 0)
                code.Append('.');
            code.Append(unit);
            if (power != 1)
                code.Append(power);
        }
        return code.Length == 0 ? "1" : code.ToString();
    }
}
