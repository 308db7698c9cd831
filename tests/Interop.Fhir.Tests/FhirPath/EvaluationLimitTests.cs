using System.Diagnostics;
using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;

namespace Interop.Fhir.Tests.FhirPath;

/// <summary>Evaluations end with an error when they take too many steps, items, text or time.</summary>
public class EvaluationLimitTests
{
    private const string Patient =
        """{"resourceType":"Patient","name":[{"family":"A","given":["B","C"]},{"family":"D"}],"text":{"status":"generated","div":"<div>x</div>"}}""";

    // Items that multiply: 1 | 2 | ... | 9, then each with each.
    private const string Nine = "(1|2|3|4|5|6|7|8|9)";

    [Theory]
    [InlineData("('a').repeat($this & $this)", "of text")]
    [InlineData("('a').repeat($this + $this)", "of text")]
    [InlineData("'a'.repeatAll($this)", "steps|items")]
    [InlineData("'a'.repeatAll($this).count()", "steps|items")]
    [InlineData(
        Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ".select("
            + Nine
            + ")))))))",
        "steps|items"
    )]
    [InlineData(
        Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".where("
            + Nine
            + ".empty()).empty()).empty()).empty()).empty()).empty()).empty())",
        "steps"
    )]
    [InlineData(
        Nine
            + ".combine("
            + Nine
            + ").aggregate($total.combine($total), "
            + Nine
            + ").combine("
            + Nine
            + ").aggregate($total.combine($total), "
            + Nine
            + ")",
        "steps|items"
    )]
    [InlineData(
        "'aaaaaaaaaaaaaaaa'.aggregate($this.replace('', $this), 'x').select(replace('', $this)).select(replace('', $this)).select(replace('', $this)).select(replace('', $this)).select(replace('', $this)).length()",
        "of text"
    )]
    [InlineData(
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replaceMatches('.', '$_$_$_$_$_$_$_$_').replaceMatches('.', '$_$_$_$_$_$_$_$_').replaceMatches('.', '$_$_$_$_$_$_$_$_').length()",
        "of text"
    )]
    [InlineData("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", "takes longer|take longer")]
    public void An_evaluation_that_multiplies_ends_with_an_error(string expression, string expected)
    {
        using var document = JsonDocument.Parse(Patient);
        var path = FhirPathCompiler.Compile(expression);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<FhirPathException>(() => path.Evaluate(document.RootElement));

        Assert.Contains(expected.Split('|'), part => error.Message.Contains(part, StringComparison.Ordinal));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000_000);
    }

    [Fact]
    public void Doubling_a_string_ends_within_milliseconds_and_64_MB()
    {
        var path = FhirPathCompiler.Compile("('a').repeat($this & $this)");
        Assert.Equal(FhirPathErrorKind.Limit, Assert.Throws<FhirPathException>(() => path.Evaluate()).Kind);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();

        var error = Assert.Throws<FhirPathException>(() => path.Evaluate());

        Assert.Equal("the evaluation builds more than 33,554,432 bytes of text", error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
        // Measured: 10 ms. The bound leaves room for a loaded machine.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 0, 1_000);
    }

    [Fact]
    public void A_cancelled_evaluation_ends()
    {
        using var source = new CancellationTokenSource();
        var context = new EvaluationContext
        {
            CancellationToken = source.Token,
            Limits = new EvaluationLimits { MaxSteps = long.MaxValue, MaxItems = int.MaxValue },
            Trace = (_, _) => source.Cancel(),
        };

        Assert.ThrowsAny<OperationCanceledException>(() => FhirPathCompiler.Compile("'a'.trace('now').repeatAll($this)").Evaluate(context));
    }

    [Fact]
    public void Limits_are_settings_of_the_context()
    {
        using var document = JsonDocument.Parse(Patient);
        var path = FhirPathCompiler.Compile("descendants().count()");
        Assert.Equal("9", path.Evaluate(document.RootElement).Single().AsText());

        var steps = Assert.Throws<FhirPathException>(() =>
            path.Evaluate(document.RootElement, new EvaluationContext { Limits = new EvaluationLimits { MaxSteps = 5 } })
        );
        Assert.Equal((FhirPathErrorKind.Limit, "the evaluation takes more than 5 steps"), (steps.Kind, steps.Message));
    }

    [Fact]
    public void Evaluations_can_share_one_budget()
    {
        using var document = JsonDocument.Parse(Patient);
        var path = FhirPathCompiler.Compile("descendants().count()");
        var budget = new EvaluationBudget(new EvaluationLimits { MaxSteps = 30 });
        var context = new EvaluationContext { Budget = budget };

        path.Evaluate(document.RootElement, context);
        Assert.InRange(budget.StepsLeft, 1, 20);
        Assert.Throws<FhirPathException>(() =>
        {
            path.Evaluate(document.RootElement, context);
            path.Evaluate(document.RootElement, context);
        });
    }

    [Fact]
    public void The_next_evaluation_on_the_thread_has_its_full_budget()
    {
        Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile("'a'.repeatAll($this)").Evaluate());
        Assert.Equal("3", FhirPathCompiler.Compile("1 + 2").Evaluate().Single().AsText());
    }

    [Fact]
    public void Invariants_that_multiply_over_a_resource_end_with_one_issue()
    {
        // dom-3 searches every contained resource in all descendants.
        var contained = string.Join(
            ',',
            Enumerable.Range(0, 3_000).Select(i => $$"""{"resourceType":"Organization","id":"o{{i}}","name":"x"}""")
        );
        var resource = System.Text.Encoding.UTF8.GetBytes($$"""{"resourceType":"Patient","contained":[{{contained}}]}""");
        var validator = new ResourceValidator(
            R4Schema.Default,
            new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default }
        );

        var result = validator.Validate(resource);

        var issue = Assert.Single(result.Issues, issue => issue.Code == IssueCode.TooCostly);
        Assert.Contains("further invariants of this resource are not checked", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_is_too_long_is_refused() =>
        Assert.Equal(
            FhirPathErrorKind.Syntax,
            Assert.Throws<FhirPathException>(() => FhirPathCompiler.Compile(new string(' ', 70_000) + "1")).Kind
        );
}
