using Interop.Telemetry.Committing;
using Interop.Telemetry.Spooling;
using Interop.TestServers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Interop.Telemetry.Tests.Committing;

/// <summary>The decision which thread takes a batch, without threads and with a clock that the test advances.</summary>
public sealed class CommitQueueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly AutoResetEvent _databaseWork = new(false);
    private readonly AutoResetEvent _spoolWork = new(false);
    private readonly TelemetryOptions _options;
    private readonly Spool _spool;
    private readonly CommitQueue _queue;

    public CommitQueueTests()
    {
        _options = new TelemetryOptions { SpoolDirectory = _folder.Path };
        _spool = new Spool(_options, NullLogger<Spool>.Instance);
        _queue = new CommitQueue(_spool, _options, _clock, _databaseWork, _spoolWork);
    }

    public void Dispose()
    {
        _spool.Dispose();
        _databaseWork.Dispose();
        _spoolWork.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_batch_within_its_budget_stays_with_the_database()
    {
        Assert.True(_queue.Enqueue(new CommitRequest()));
        var batch = _queue.NextForDatabase();
        Assert.NotNull(batch);
        _clock.Advance(_options.CommitBudget / 2);

        Assert.Null(_queue.NextForSpool(databaseEnded: false, out var wait));
        Assert.Equal(_options.CommitBudget / 2, wait);
        Assert.True(_queue.EndTransaction(batch));
    }

    [Fact]
    public void A_late_batch_and_the_next_ones_go_to_the_spool_until_its_transaction_ends()
    {
        _queue.Enqueue(new CommitRequest());
        var late = _queue.NextForDatabase()!;
        _clock.Advance(_options.CommitBudget);
        _queue.Enqueue(new CommitRequest());

        Assert.Same(late, _queue.NextForSpool(databaseEnded: false, out _));
        Assert.True(late.IsLate);
        Assert.Null(_queue.NextForDatabase());
        _queue.EndSpooling();
        Assert.NotNull(_queue.NextForSpool(databaseEnded: false, out _));
        _queue.EndSpooling();
        Assert.False(_queue.EndTransaction(late));

        _queue.Enqueue(new CommitRequest());
        Assert.Null(_queue.NextForSpool(databaseEnded: false, out _));
        Assert.NotNull(_queue.NextForDatabase());
    }

    [Fact]
    public async Task A_stopped_queue_refuses_requests_and_answers_the_waiting_ones()
    {
        var waiting = new CommitRequest();
        _queue.Enqueue(waiting);
        _queue.Stop();

        Assert.False(_queue.Enqueue(new CommitRequest()));
        _queue.RefuseWaiting();
        Assert.Empty(await waiting.Done);
        Assert.Null(_queue.NextForSpool(databaseEnded: true, out var wait));
        Assert.Equal(TimeSpan.Zero, wait);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
