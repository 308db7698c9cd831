using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Functions;

/// <summary>String manipulation (FHIRPath 2.0, 5.6). Positions are UTF-16 units.</summary>
internal static class StringFunctions
{
    private const int CacheSize = 512;

    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<string, Regex> Expressions = new(StringComparer.Ordinal);

    public static void IndexOf(in Call call) =>
        OnTexts(call, static (text, argument) => FhirPathNode.FromInteger(text.IndexOf(argument, StringComparison.Ordinal)));

    public static void LastIndexOf(in Call call) =>
        OnTexts(call, static (text, argument) => FhirPathNode.FromInteger(text.LastIndexOf(argument, StringComparison.Ordinal)));

    public static void StartsWith(in Call call) =>
        OnTexts(call, static (text, argument) => FhirPathNode.FromBoolean(text.StartsWith(argument, StringComparison.Ordinal)));

    public static void EndsWith(in Call call) =>
        OnTexts(call, static (text, argument) => FhirPathNode.FromBoolean(text.EndsWith(argument, StringComparison.Ordinal)));

    public static void Contains(in Call call) =>
        OnTexts(call, static (text, argument) => FhirPathNode.FromBoolean(text.Contains(argument, StringComparison.Ordinal)));

    private static void OnTexts(in Call call, Func<string, string, FhirPathNode> function)
    {
        if (call.TryTextInput(out var text) && call.TryTextArgument(0, out var argument))
            call.Result(function(text, argument));
        else
            call.Empty();
    }

    private static void OnText(in Call call, Func<string, string> function)
    {
        if (call.TryTextInput(out var text))
            call.Result(function(text));
        else
            call.Empty();
    }

    public static void Upper(in Call call) => OnText(call, static text => text.ToUpperInvariant());

    public static void Lower(in Call call) => OnText(call, static text => text.ToLowerInvariant());

    public static void Trim(in Call call) => OnText(call, static text => text.Trim());

    public static void Length(in Call call)
    {
        if (call.TryTextInput(out var text))
            call.Result(text.Length);
        else
            call.Empty();
    }

    public static void Substring(in Call call)
    {
        if (!call.TryTextInput(out var text) || !call.TryIntegerArgument(0, out var start) || start < 0 || start >= text.Length)
        {
            call.Empty();
            return;
        }
        var length = text.Length - start;
        if (call.TryIntegerArgument(1, out var wanted))
            length = Math.Clamp(wanted, 0, length);
        call.Result(text.Substring((int)start, (int)length));
    }

    public static void Replace(in Call call)
    {
        if (!call.TryTextInput(out var text) || !call.TryTextArgument(0, out var pattern) || !call.TryTextArgument(1, out var substitution))
            call.Empty();
        else if (pattern.Length == 0)
            call.Result(Surround(call, text, substitution));
        else
            call.Result(ReplaceAll(call, text, pattern, substitution));
    }

    private static string ReplaceAll(in Call call, string text, string pattern, string substitution)
    {
        if (substitution.Length > pattern.Length)
            call.E.ChargeText((long)text.AsSpan().Count(pattern) * (substitution.Length - pattern.Length));
        return text.Replace(pattern, substitution, StringComparison.Ordinal);
    }

    /// <summary>An empty pattern lies between all characters, and at both ends (FHIRPath 2.0, 5.6.8).</summary>
    private static string Surround(in Call call, string text, string substitution)
    {
        call.E.ChargeText((text.Length + 1L) * substitution.Length);
        var result = new StringBuilder(substitution);
        foreach (var c in text)
            result.Append(c).Append(substitution);
        return result.ToString();
    }

    public static void Matches(in Call call) => Match(call, "{0}");

    public static void MatchesFull(in Call call) => Match(call, @"\A(?:{0})\z");

    private static void Match(in Call call, string frame)
    {
        if (!call.TryTextInput(out var text) || !call.TryTextArgument(0, out var pattern))
        {
            call.Empty();
            return;
        }
        try
        {
            var start = Stopwatch.GetTimestamp();
            var isMatch = Find(call, frame == "{0}" ? pattern : frame.Replace("{0}", pattern, StringComparison.Ordinal)).IsMatch(text);
            call.E.ChargeRegex(start);
            call.Result(isMatch);
        }
        catch (RegexMatchTimeoutException)
        {
            throw call.Error($"the regular expression takes longer than {MatchTimeout.TotalSeconds} s");
        }
    }

    public static void ReplaceMatches(in Call call)
    {
        if (!call.TryTextInput(out var text) || !call.TryTextArgument(0, out var pattern) || !call.TryTextArgument(1, out var substitution))
        {
            call.Empty();
            return;
        }
        try
        {
            call.Result(pattern.Length == 0 ? text : ReplaceMatches(call, text, Find(call, pattern), substitution));
        }
        catch (RegexMatchTimeoutException)
        {
            throw call.Error($"the regular expression takes longer than {MatchTimeout.TotalSeconds} s");
        }
    }

    private static string ReplaceMatches(in Call call, string text, Regex expression, string substitution)
    {
        // The substitution can insert the whole input several times ($_), so each match is counted before it is built.
        var e = call.E;
        var insertions = substitution.AsSpan().Count('$');
        var start = Stopwatch.GetTimestamp();
        var result = expression.Replace(
            text,
            match =>
            {
                e.ChargeText(
                    substitution.Length
                        + ((long)insertions * (substitution.AsSpan().ContainsAny('_', '`', '\'') ? text.Length : match.Length))
                );
                return match.Result(substitution);
            }
        );
        e.ChargeRegex(start);
        return result;
    }

    /// <summary>In single-line mode, as the specification asks, and with a time limit, because expressions and data are
    /// untrusted.</summary>
    private static Regex Find(in Call call, string pattern)
    {
        if (Expressions.TryGetValue(pattern, out var expression))
            return expression;
        try
        {
            expression = new Regex(pattern, RegexOptions.Singleline | RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException error)
        {
            throw call.Error($"'{pattern}' is no regular expression: {error.Message}");
        }
        if (Expressions.Count < CacheSize)
            Expressions[pattern] = expression;
        return expression;
    }

    public static void ToChars(in Call call)
    {
        var hasText = call.TryTextInput(out var text);
        call.Empty();
        if (!hasText)
            return;
        call.E.ChargeText(text!.Length);
        foreach (var rune in text!.EnumerateRunes())
            call.E.Push(FhirPathNode.FromString(rune.ToString()));
    }

    public static void Split(in Call call)
    {
        if (!call.TryTextInput(out var text) || !call.TryTextArgument(0, out var separator))
        {
            call.Empty();
            return;
        }
        call.Empty();
        call.E.ChargeText(text.Length);
        if (separator.Length == 0)
        {
            foreach (var rune in text.EnumerateRunes())
                call.E.Push(FhirPathNode.FromString(rune.ToString()));
            return;
        }
        foreach (var part in text.Split(separator))
            call.E.Push(FhirPathNode.FromString(part));
    }

    /// <summary>Joining no items gives the empty string, as the tests of SQL on FHIR v2 expect (fhirpath.json). FHIRPath does not define
    /// it.</summary>
    public static void Join(in Call call)
    {
        call.TryTextArgument(0, out var separator);
        var text = new StringBuilder();
        var first = true;
        foreach (ref readonly var node in call.Input)
        {
            if (node.Kind == Types.NodeKind.None)
                continue;
            if (!first)
                text.Append(separator);
            var part = node.AsText();
            call.E.ChargeText((part?.Length ?? 0L) + (separator?.Length ?? 0));
            text.Append(part);
            first = false;
        }
        call.Result(text.ToString());
    }
}
