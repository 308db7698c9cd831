using System.Diagnostics;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;

namespace Interop.Fhir.FhirPath.Engine;

/// <summary>Counts what an evaluation uses, and throws when it exceeds a limit.</summary>
internal sealed partial class Evaluation
{
    /// <summary>The cancellation token is checked once per slice of steps, so that a step costs one subtraction.</summary>
    private const int StepsPerSlice = 4096;

    /// <summary>A text of this many characters counts as one step when it is read.</summary>
    private const int CharactersPerStepShift = 6;

    /// <summary>Up to this many items are compared without looking at the size of each.</summary>
    private const int FewItems = 8;

    private EvaluationLimits _limits = EvaluationLimits.Default;
    private CancellationToken _cancellationToken;
    private long _stepsLeftAfterSlice;
    private long _slice;
    private long _textBytesLeft;
    private long _regexTicks;

    private void BeginBudget(EvaluationContext context)
    {
        _limits = context.Limits;
        _cancellationToken = context.CancellationToken;
        _stepsLeftAfterSlice = context.Budget?.StepsLeft ?? _limits.MaxSteps;
        _textBytesLeft = context.Budget?.TextBytesLeft ?? _limits.MaxTextBytes;
        _slice = 0;
        _regexTicks = 0;
    }

    private void EndBudget()
    {
        if (Context.Budget is { } shared)
        {
            shared.StepsLeft = Math.Max(0, _stepsLeftAfterSlice + _slice);
            shared.TextBytesLeft = Math.Max(0, _textBytesLeft);
        }
        _cancellationToken = default;
        _limits = EvaluationLimits.Default;
    }

    /// <summary>Counts one step.</summary>
    public void Step()
    {
        if (--_slice < 0)
            NextSlice();
    }

    /// <summary>Counts several steps.</summary>
    /// <exception cref="FhirPathException">There are no steps left.</exception>
    public void Charge(long steps)
    {
        if ((_slice -= steps) < 0)
            NextSlice();
    }

    private void NextSlice()
    {
        _stepsLeftAfterSlice += _slice;
        _slice = 0;
        _cancellationToken.ThrowIfCancellationRequested();
        if (_stepsLeftAfterSlice < 0)
            throw FhirPathException.Limit($"the evaluation takes more than {_limits.MaxSteps:N0} steps");
        _slice = Math.Min(_stepsLeftAfterSlice, StepsPerSlice);
        _stepsLeftAfterSlice -= _slice;
    }

    /// <summary>Counts a text that is read: decoding, searching and comparing take time in proportion to its length.</summary>
    public void ChargeRead(long characters) => Charge(characters >> CharactersPerStepShift);

    /// <summary>Counts a text before it is built.</summary>
    /// <exception cref="FhirPathException">The evaluation builds too much text.</exception>
    public void ChargeText(long characters)
    {
        if ((_textBytesLeft -= characters * sizeof(char)) < 0)
            throw FhirPathException.Limit($"the evaluation builds more than {_limits.MaxTextBytes:N0} bytes of text");
        ChargeRead(characters);
    }

    /// <summary>Counts the time of a regular expression that began at a timestamp.</summary>
    /// <exception cref="FhirPathException">The regular expressions of the evaluation take too long together.</exception>
    public void ChargeRegex(long startTimestamp)
    {
        _regexTicks += Stopwatch.GetElapsedTime(startTimestamp).Ticks;
        if (_regexTicks > _limits.MaxRegexTime.Ticks)
            throw FhirPathException.Limit($"the regular expressions take longer than {_limits.MaxRegexTime.TotalSeconds} s");
    }

    /// <summary>Whether an item equals one of several, with the comparisons counted.</summary>
    public bool Contains(ReadOnlySpan<FhirPathNode> items, in FhirPathNode item)
    {
        if (items.Length > 0)
            Charge(items.Length <= FewItems ? items.Length : items.Length * (1L + (item.Size >> CharactersPerStepShift)));
        return NodeEquality.Contains(items, item);
    }

    /// <summary>Recursion into data (views' repeat) ends with an error and not with a stack overflow.</summary>
    public void Enter()
    {
        if (++_depth > _limits.MaxDepth)
            throw FhirPathException.Limit($"the data is nested deeper than {_limits.MaxDepth} levels");
    }

    public void Leave() => _depth--;
}
