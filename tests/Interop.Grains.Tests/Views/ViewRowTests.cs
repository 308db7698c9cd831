using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Interop.Grains.Tests.Support;
using Interop.Ingestion;
using Interop.Sandbox;
using Interop.Views;
using static Interop.Views.RowComparison;

namespace Interop.Grains.Tests.Views;

/// <summary>The rows of a view's table by filters, sorted, in pages.</summary>
public abstract class ViewRowTests(SharedSilo shared) : IngestionSuite(shared)
{
    private const string View = "row_samples";
    private string _source = "";

    public static TheoryData<string, RowComparison, string, string> Filters =>
        new()
        {
            { "label", EqualTo, "O'Brien", "a" },
            { "label", EqualTo, "o'brien", "" },
            { "label", Contains, "brien", "a c" },
            { "label", Contains, "100%", "b" },
            { "label", Contains, "100_", "" },
            { "label", Contains, @"back\slash", "d" },
            { "label", Contains, "\"quoted\"", "c" },
            { "label", EqualTo, "' OR '1'='1", "" },
            { "label", Contains, "'; DROP TABLE row_samples; --", "" },
            { "label", IsEmpty, "", "e" },
            { "label", IsNotEmpty, "", "a b c d" },
            { "id", EqualTo, "b", "b" },
            { "amount", EqualTo, "6.3", "a" },
            { "amount", EqualTo, "6.300", "a" },
            { "amount", AtLeast, "6.31", "b c" },
            { "amount", AtMost, "-1", "d" },
            { "amount", AtMost, "6.30", "a d" },
            { "amount", IsEmpty, "", "e" },
            { "amount", Contains, "12345", "c" },
            { "taken", EqualTo, "2014", "a b c" },
            { "taken", EqualTo, "2014-02", "a b" },
            { "taken", EqualTo, "2014-02-07", "a" },
            { "taken", AtLeast, "2014-02-08", "b c d" },
            { "taken", AtMost, "2014-02-07", "a b c" },
            { "taken", AtLeast, "2015", "d" },
            { "taken", AtLeast, "2015-01-01T11:59:59Z", "d" },
            { "taken", AtLeast, "2015-01-01T12:00:01Z", "" },
            { "is_final", EqualTo, "true", "a b c d" },
            { "is_final", EqualTo, "false", "e" },
            { "flags", Contains, "second", "a" },
            { "flags", IsEmpty, "", "b c d e" },
        };

    public override async Task InitializeAsync()
    {
        await Client.PutViewToEndAsync(
            View,
            "Observation",
            """
            [{"column":[
              {"name":"label","path":"code.text","type":"string"},
              {"name":"amount","path":"value.ofType(Quantity).value","type":"decimal"},
              {"name":"taken","path":"effective.ofType(dateTime)","type":"dateTime"},
              {"name":"is_final","path":"status = 'final'","type":"boolean"},
              {"name":"flags","path":"category.text","type":"string","collection":true}]}]
            """
        );
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task A_filter_finds_its_rows(string column, RowComparison comparison, string value, string ids)
    {
        await LoadSamplesAsync();

        Assert.Equal(ids, await IdsAsync(Select(new RowCondition(column, comparison, value))));
    }

    [Fact]
    public async Task A_row_must_meet_all_filters()
    {
        await LoadSamplesAsync();

        Assert.Equal(
            "b",
            await IdsAsync(Select(new("taken", EqualTo, "2014"), new("amount", AtLeast, "6.31"), new("label", Contains, "100")))
        );
    }

    [Theory]
    [InlineData("label", "nul \0 inside", "the filter of label has the character NUL or a half of a character pair")]
    [InlineData("label", "", "the filter of label has no value")]
    [InlineData("amount", "1 OR 1=1", "amount is compared with a number, such as 7 or 6.3")]
    [InlineData("amount", "1e999999", "amount is compared with a number, such as 7 or 6.3")]
    [InlineData("taken", "yesterday", "taken is compared with a date, such as 2014, 2014-02 or 2014-02-07")]
    [InlineData("is_final", "1", "is_final is compared with true or false")]
    [InlineData("flags", "first", "flags holds JSON: use the comparison contains")]
    [InlineData("label\" = '' OR \"label", "x", "the table row_samples has no column of the name that a filter or the order gives")]
    [InlineData("LABEL", "x", "the table row_samples has no column of the name that a filter or the order gives")]
    [InlineData("run_id", "1", "the table row_samples has no column of the name that a filter or the order gives")]
    public async Task A_filter_that_does_not_fit_is_refused_with_the_reason(string column, string value, string reason)
    {
        var page = await Client.ViewQueries().BrowseRows(View, 10, null, Select(new RowCondition(column, EqualTo, value)));

        Assert.Equal((reason, 0, "", null), (page!.Problem, page.Count, page.Text, page.NextCursor));
    }

    [Fact]
    public async Task Long_values_and_many_filters_are_refused()
    {
        var query = Client.ViewQueries();
        var tooLong = await query.BrowseRows(View, 10, null, Select(new RowCondition("label", Contains, new string('%', 10 * 1024))));
        var halfPair = await query.BrowseRows(View, 10, null, Select(new RowCondition("label", EqualTo, $"half {(char)0xD800} pair")));
        var tooMany = await query.BrowseRows(View, 10, null, Select([.. Enumerable.Repeat(new RowCondition("id", EqualTo, "a"), 20)]));
        var unordered = await query.BrowseRows(View, 10, null, Select(new RowCondition("label", AtLeast, "a")));
        var unsortable = await query.BrowseRows(View, 10, null, Select() with { SortBy = "flags" });

        Assert.Equal("the filter of label has more than 1000 characters", tooLong!.Problem);
        Assert.Equal("the filter of label has the character NUL or a half of a character pair", halfPair!.Problem);
        Assert.Equal("there are more than 20 filters", tooMany!.Problem);
        Assert.Equal("label is a text column, which has no smallest and largest value: use equals", unordered!.Problem);
        Assert.Equal("rows cannot be sorted by flags, which holds JSON", unsortable!.Problem);
    }

    [Fact]
    public async Task A_value_of_the_greatest_length_is_searched()
    {
        await LoadSamplesAsync();

        Assert.Equal("", await IdsAsync(Select(new RowCondition("label", Contains, new string('%', RowCondition.MaxValueLength)))));
    }

    [Theory]
    [InlineData("id", "a b c d e", "e d c b a")]
    [InlineData("label", null, null)]
    [InlineData("amount", "d a b c e", "c b a d e")]
    [InlineData("taken", "c b a d e", "d a b c e")]
    [InlineData("is_final", "e a b c d", "a b c d e")]
    public async Task Rows_are_sorted_with_empty_ones_last(string column, string? ascending, string? descending)
    {
        await LoadSamplesAsync();
        // The order of texts is that of the database; only that of the empty ones is ours.
        var up = await IdsAsync(Select() with { SortBy = column });
        var down = await IdsAsync(Select() with { SortBy = column, IsDescending = true });

        if (ascending is not null)
            Assert.Equal((ascending, descending), (up, down));
        else
            Assert.Equal((up[..^2], 'e', 'e'), (string.Join(' ', down[..^2].Split(' ').Reverse()), up[^1], down[^1]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("label")]
    [InlineData("amount")]
    [InlineData("taken")]
    [InlineData("is_final")]
    public async Task Pages_of_sorted_rows_have_each_row_once(string? column)
    {
        var (sandbox, source) = await SandboxAsync(new SandboxOptions { Patients = 0 });
        _source = source;
        for (var i = 0; i < 40; i++)
        {
            // Equal values, missing values, and decimals that no binary fraction is equal to.
            var amount = i % 5 == 0 ? "" : $$""","valueQuantity":{"value":0.{{i % 7}}1234567890123{{i % 3}},"unit":"g"}""";
            var taken = i % 4 == 0 ? "" : $$""","effectiveDateTime":"20{{10 + i % 3}}" """;
            var label = i % 6 == 0 ? "" : $$""","text":"label {{i % 8}}" """;
            Put(
                sandbox,
                $$"""{"resourceType":"Observation","id":"o{{i}}","status":"{{(i % 2 == 0 ? "final" : "registered")}}","code":{"coding":[{"code":"c"}]{{label}}}{{amount}}{{taken}}}"""
            );
        }

        await LoadAsync(source);
        foreach (var isDescending in new[] { false, true })
        {
            var selection = Select(new RowCondition("id", Contains, "o")) with { SortBy = column, IsDescending = isDescending };
            var whole = await IdsAsync(selection);

            Assert.Equal(40, whole.Split(' ').Distinct().Count());
            Assert.Equal(whole, await IdsAsync(selection, pageSize: 3));
        }
    }

    [Fact]
    public async Task A_download_has_the_rows_of_the_filters_in_their_order()
    {
        await LoadSamplesAsync();
        var selection = Select(new RowCondition("taken", EqualTo, "2014")) with { SortBy = "amount", IsDescending = true };

        var csv = await Client.ViewQueries().ReadRows(View, RowFormat.Csv, null, null, selection);
        var first = await Client.ViewQueries().ReadRows(View, RowFormat.Csv, 1, null, selection);

        var lines = csv!.Text.TrimEnd().Split("\r\n");
        Assert.Equal("source,id,label,amount,taken,is_final,flags", lines[0]);
        Assert.Equal(["c", "b", "a"], lines[1..].Select(line => line.Split(',')[1]));
        Assert.Equal((1, null), (first!.Count, first.NextCursor));
    }

    [Fact]
    public async Task A_page_says_what_its_columns_hold()
    {
        var page = await Client.ViewQueries().BrowseRows(View, 1, null);

        Assert.Equal(
            "source Text, id Text, label Text, amount Number, taken Date, is_final Boolean, flags Json",
            string.Join(", ", page!.Columns.Select(column => $"{column.Name} {column.Kind}"))
        );
    }

    /// <summary>Five observations: <c>e</c> has nothing but its status.</summary>
    private async Task LoadSamplesAsync()
    {
        var (sandbox, source) = await SandboxAsync(new SandboxOptions { Patients = 0 });
        _source = source;
        Put(sandbox, Sample("a", "O'Brien", "6.30", "2014-02-07", """,{"text":"first"},{"text":"second"}"""));
        Put(sandbox, Sample("b", "100% sure", "7", "2014-02", ""));
        Put(sandbox, Sample("c", "Brien said \\\"quoted\\\"", "12345.678901", "2014", ""));
        Put(sandbox, Sample("d", @"a back\\slash", "-1.5", "2015-01-01T13:00:00+01:00", ""));
        Put(sandbox, """{"resourceType":"Observation","id":"e","status":"registered","code":{"coding":[{"code":"c"}]}}""");
        await LoadAsync(source);
    }

    private static string Sample(string id, string label, string amount, string taken, string flags) =>
        $$"""
            {"resourceType":"Observation","id":"{{id}}","status":"final","code":{"text":"{{label}}"},"effectiveDateTime":"{{taken}}",
             "valueQuantity":{"value":{{amount}},"unit":"g"}{{(flags.Length == 0 ? "" : $",\"category\":[{flags[1..]}]")}}}
            """;

    private async Task LoadAsync(string source)
    {
        var run = await Client.RunAsync(source, "Observation");
        Assert.Equal((RunStatus.Success, 0), (run.Status, run.Counters.DeadLetters));
    }

    /// <summary>A selection among the rows of this test's source.</summary>
    private RowSelection Select(params ImmutableArray<RowCondition> conditions) =>
        new(conditions.Add(new RowCondition("source", EqualTo, _source.Length == 0 ? "none" : _source)), null, false);

    /// <summary>The ids of all rows of a selection, read in pages.</summary>
    private async Task<string> IdsAsync(RowSelection selection, int pageSize = 500)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = await Client.ViewQueries().BrowseRows(View, pageSize, cursor, selection);
            Assert.Null(page!.Problem);
            foreach (var line in page.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                ids.Add(JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!);
            cursor = page.NextCursor;
        } while (cursor is not null);
        return string.Join(' ', ids);
    }

    private static void Put(SandboxServer sandbox, string resource) => sandbox.Store.Put(Encoding.UTF8.GetBytes(resource));
}

[Collection(OnSqlite.Name)]
public sealed class ViewRowOnSqliteTests(SqliteSilo silo) : ViewRowTests(silo);

[Collection(OnPostgres.Name)]
public sealed class ViewRowOnPostgresTests(PostgresSilo silo) : ViewRowTests(silo);
