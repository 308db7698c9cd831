using Interop.Ingestion.Fetching;

namespace Interop.Grains.Tests.Ingestion;

public sealed class SearchPlanTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_run_asks_for_everything_in_order() =>
        Assert.Equal("Patient?_count=100&_sort=_lastUpdated", Url(new SearchPlan("Patient", null, null, Overlap, 100)));

    [Fact]
    public void An_incremental_run_asks_from_its_start_on() =>
        Assert.Equal(
            "Patient?_count=100&_sort=_lastUpdated&_lastUpdated=ge2026-01-10T12%3A00%3A00.000Z",
            Url(new SearchPlan("Patient", null, Noon, Overlap, 100))
        );

    [Theory]
    [InlineData("Observation", "subject")]
    [InlineData("Encounter", "subject")]
    [InlineData("Condition", "subject")]
    [InlineData("Immunization", "patient")]
    public void One_patients_resources_are_asked_for_by_the_parameter_of_the_type(string type, string parameter) =>
        Assert.Equal($"{type}?_count=5&_sort=_lastUpdated&{parameter}=Patient/a%26b", Url(new SearchPlan(type, "a&b", null, Overlap, 5)));

    [Theory]
    [InlineData(10, "12:08:00.000")] // cursor less overlap
    [InlineData(1, "12:00:00.000")] // never before the run's own start
    public void A_resumed_search_begins_the_overlap_before_its_cursor(int minutes, string from) =>
        Assert.Contains(
            $"_lastUpdated=ge2026-01-10T{Uri.EscapeDataString(from)}Z",
            new SearchPlan("Patient", null, Noon, Overlap, 100).Url(Noon.AddMinutes(minutes), byTime: true).ToString()
        );

    [Fact]
    public void The_bound_is_cut_off_to_milliseconds_and_never_rounded_up() =>
        Assert.Contains(
            Uri.EscapeDataString("12:00:00.999Z"),
            Url(new SearchPlan("Patient", null, Noon.AddTicks(9_999_999), Overlap, 100))
        );

    [Fact]
    public void A_server_that_cannot_search_by_time_is_not_asked_to() =>
        Assert.Equal("Patient?_count=100", new SearchPlan("Patient", null, Noon, Overlap, 100).Url(Noon, byTime: false).ToString());

    [Fact]
    public void An_overlap_that_reaches_before_the_beginning_of_time_begins_there() =>
        Assert.Contains(
            "ge0001-01-01",
            new SearchPlan("Patient", null, null, Overlap, 100).Url(DateTimeOffset.MinValue.AddSeconds(5), byTime: true).ToString()
        );

    private static TimeSpan Overlap { get; } = TimeSpan.FromMinutes(2);

    private static string Url(SearchPlan plan) => plan.Url(null, byTime: true).OriginalString;
}
