namespace Interop.Grains.Tests.Uploads;

/// <summary>Valid CPFs of people who do not exist.</summary>
internal static class SampleCpf
{
    public static string Of(int number)
    {
        var digits = $"{123_000_000 + number}".Select(digit => digit - '0').ToList();
        for (var check = 0; check < 2; check++)
        {
            var sum = digits.Select((digit, i) => digit * (digits.Count + 1 - i)).Sum();
            digits.Add(sum * 10 % 11 % 10);
        }
        return string.Concat(digits);
    }
}
