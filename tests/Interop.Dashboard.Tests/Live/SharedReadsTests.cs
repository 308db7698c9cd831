using Interop.Dashboard.Live;

namespace Interop.Dashboard.Tests.Live;

/// <summary>Answers that all open pages share.</summary>
public sealed class SharedReadsTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);
    private readonly ManualClock _time = new();
    private readonly SharedReads _reads;
    private int _calls;

    public SharedReadsTests() => _reads = new SharedReads(_time);

    [Fact]
    public async Task Pages_that_ask_the_same_within_its_lifetime_share_one_call()
    {
        var first = await ReadAsync("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = await ReadAsync("a");

        Assert.Equal((1, 1), (first, second));
    }

    [Fact]
    public async Task An_answer_that_is_older_than_its_lifetime_is_read_again()
    {
        await ReadAsync("a");
        _time.Advance(Lifetime);

        Assert.Equal(2, await ReadAsync("a"));
    }

    [Fact]
    public async Task Pages_that_ask_at_the_same_time_wait_for_one_call_however_long_it_takes()
    {
        var answer = new TaskCompletionSource<int>();
        var readers = Enumerable.Range(0, 200).Select(_ => _reads.GetAsync("a", Lifetime, () => Counted(answer.Task))).ToList();
        _time.Advance(TimeSpan.FromMinutes(5));
        readers.Add(_reads.GetAsync("a", Lifetime, () => Counted(answer.Task)));
        answer.SetResult(7);

        Assert.All(await Task.WhenAll(readers), value => Assert.Equal(7, value));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Different_parameters_are_different_questions()
    {
        await ReadAsync(("runs", 1));

        Assert.Equal(2, await ReadAsync(("runs", 2)));
        Assert.Equal(1, await ReadAsync(("runs", 1)));
    }

    [Fact]
    public async Task A_failed_call_is_not_shared_with_later_pages()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _reads.GetAsync<int>("a", Lifetime, () => throw new TimeoutException()));

        Assert.Equal(1, await ReadAsync("a"));
    }

    [Fact]
    public async Task A_change_makes_all_answers_obsolete()
    {
        await ReadAsync("a");
        _reads.Clear();

        Assert.Equal(2, await ReadAsync("a"));
    }

    [Fact]
    public async Task Thousands_of_different_questions_do_not_stay_in_memory()
    {
        for (var i = 0; i < 5_000; i++)
            await ReadAsync(i);
        Assert.InRange(_reads.Count, 1, 1_001);
        _time.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 2; i++)
            await ReadAsync(("again", i));

        Assert.Equal(2, _reads.Count);
    }

    private Task<int> ReadAsync(object key) => _reads.GetAsync(key, Lifetime, () => Task.FromResult(Interlocked.Increment(ref _calls)));

    private Task<int> Counted(Task<int> answer)
    {
        Interlocked.Increment(ref _calls);
        return answer;
    }
}
