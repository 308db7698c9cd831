namespace Interop.Fhir.FhirPath.Values;

/// <summary>Decimals with their precision: 1.50 states two digits after the point (FHIRPath 2.0, 4.1.5).</summary>
internal static class Decimals
{
    /// <summary>Digits after the point, as stated.</summary>
    public static int Scale(decimal value) => value.Scale;

    /// <summary>Equal once both are rounded to the digits of the less precise one.</summary>
    public static bool AreEquivalent(decimal left, decimal right, int rightScale)
    {
        var scale = Math.Min(SignificantScale(left), Math.Min(rightScale, SignificantScale(right)));
        return Math.Round(left, scale, MidpointRounding.AwayFromZero) == Math.Round(right, scale, MidpointRounding.AwayFromZero);
    }

    public static bool AreEquivalent(decimal left, decimal right) => AreEquivalent(left, right, Scale(right));

    /// <summary>Digits after the point without trailing zeros, which state nothing in an equivalence.</summary>
    private static int SignificantScale(decimal value)
    {
        int scale = value.Scale;
        while (scale > 0 && decimal.Round(value, scale - 1) == value)
            scale--;
        return scale;
    }
}
