using System.Text;
using Interop.Telemetry.Executions;

namespace Interop.Telemetry.Tests.Executions;

public sealed class ExecutionDerivationTests
{
    [Theory]
    [InlineData("""{"completedAt":"2026-03-01T10:00:10Z","startedAt":"2026-03-01T10:00:00Z"}""", "e", 10_000, "failure", 1)]
    [InlineData(
        """{"timestamp":"2026-03-01T10:00:10Z","durationMs":500,"status":"OK","resultCount":4,"requestCount":9}""",
        "e",
        500,
        "success",
        4
    )]
    [InlineData(
        """{"timestampUtc":"2026-03-01T10:00:10Z","duration_ms":500,"status":true,"requestCount":9,"execution_id":"x"}""",
        "x",
        500,
        "success",
        9
    )]
    [InlineData(
        """{"timestamp":"2026-03-01T10:00:10Z","execution":{"durationMs":7},"outcome":{"status":"Succeeded"},"correlation":{"requestId":"r"},"executionId":"x"}""",
        "r",
        7,
        "success",
        1
    )]
    public void An_execution_is_derived_as_the_contract_says(string payload, string id, long durationMs, string status, long requests)
    {
        var (execution, problem) = ExecutionDerivation.Derive(Encoding.UTF8.GetBytes(payload), "e");
        Assert.Null(problem);
        Assert.Equal(
            (id, durationMs, status, requests),
            (execution!.ExecutionId, execution.DurationMs, execution.Status, execution.RequestCount)
        );
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 10, 0, 10, TimeSpan.Zero), execution.CompletedAt);
        Assert.Equal(execution.CompletedAt.AddMilliseconds(-durationMs), execution.StartedAt);
    }

    [Theory]
    [InlineData("""{"durationMs":5}""")]
    [InlineData("""{"timestamp":"2026-03-01T10:00:10Z"}""")]
    [InlineData("""{"completedAt":"2026-03-01T10:00:10Z","startedAt":"2026-03-01T11:00:00Z"}""")]
    [InlineData("""{"timestamp":"2026-03-01T10:00:10Z","durationMs":9e18}""")]
    [InlineData("""{"\ud800":1,"timestamp":"2026-03-01T10:00:10Z","durationMs":5}""")]
    public void An_event_that_lacks_a_value_makes_no_execution_and_the_reason_is_given(string payload)
    {
        var (execution, problem) = ExecutionDerivation.Derive(Encoding.UTF8.GetBytes(payload), "e");
        Assert.Null(execution);
        Assert.NotNull(problem);
    }

    [Fact]
    public void The_event_type_is_compared_without_regard_to_case()
    {
        Assert.True(ExecutionDerivation.Applies("PD.Request.Completed"u8));
        Assert.False(ExecutionDerivation.Applies("pd.request.sent"u8));
    }

    [Fact]
    public void A_long_name_of_an_organization_is_cut()
    {
        var payload = $$"""{"timestamp":"2026-03-01T10:00:10Z","durationMs":5,"organization":"{{new string('o', 1_000)}}","qhin":"q"}""";
        var (execution, _) = ExecutionDerivation.Derive(Encoding.UTF8.GetBytes(payload), "e");
        Assert.Equal((200, "q"), (execution!.Organization!.Length, execution.Qhin));
    }
}
