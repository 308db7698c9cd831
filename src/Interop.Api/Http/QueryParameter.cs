using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Primitives;

namespace Interop.Api.Http;

/// <summary>A value that an endpoint takes from the query, with what its <see cref="RangeAttribute"/> says of it.</summary>
internal sealed record QueryParameter(string Name, Type Type, RangeAttribute? Range)
{
    /// <summary>The query values that one parameter of a handler stands for: itself, or the members of a record of them.</summary>
    public static IEnumerable<QueryParameter> Of(ParameterInfo parameter) =>
        parameter.IsDefined(typeof(AsParametersAttribute))
            ? parameter.ParameterType.GetConstructors().Single().GetParameters().SelectMany(One)
            : One(parameter);

    /// <summary>What is wrong with the values given, or null.</summary>
    public string? Problem(StringValues values)
    {
        if (values.Count > 1)
            return $"{Name} was given {values.Count} times; it takes one value";
        var text = values.ToString();
        return IsGood(text) ? null : $"{Name} must be {Expected}, not '{text}'";
    }

    private string Expected =>
        Type == typeof(bool) ? "true or false"
        : Type == typeof(DateTimeOffset) ? "a date or an instant such as 2026-01-31 or 2026-01-31T08:00:00Z"
        : Range is null ? "a whole number"
        : IsUnbounded(Range.Maximum) ? $"a whole number, {Range.Minimum} or more"
        : $"a whole number from {Range.Minimum} to {Range.Maximum}";

    private static IEnumerable<QueryParameter> One(ParameterInfo parameter)
    {
        var plain = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (
            plain != typeof(string)
            && plain != typeof(int)
            && plain != typeof(long)
            && plain != typeof(bool)
            && plain != typeof(DateTimeOffset)
        )
            yield break;
        var query = parameter.GetCustomAttributes().OfType<IFromQueryMetadata>().FirstOrDefault();
        // On a record the range stands on the property: the framework's description of the API fails over one on its constructor's
        // parameter.
        var range =
            parameter.GetCustomAttribute<RangeAttribute>()
            ?? parameter.Member.DeclaringType?.GetProperty(parameter.Name!)?.GetCustomAttribute<RangeAttribute>();
        yield return new QueryParameter(query?.Name ?? parameter.Name!, plain, range);
    }

    private bool IsGood(string text)
    {
        if (Type == typeof(string))
            return true;
        if (Type == typeof(bool))
            return bool.TryParse(text, out _);
        if (Type == typeof(DateTimeOffset))
            return text.Length >= 10
                && text[4] == '-'
                && text[7] == '-'
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && (Type == typeof(long) || number is >= int.MinValue and <= int.MaxValue)
            && (Range is null || (number >= Bound(Range.Minimum) && (IsUnbounded(Range.Maximum) || number <= Bound(Range.Maximum))));
    }

    private static long Bound(object bound) => Convert.ToInt64(bound, CultureInfo.InvariantCulture);

    private static bool IsUnbounded(object maximum) => maximum is int.MaxValue or double.MaxValue;
}
