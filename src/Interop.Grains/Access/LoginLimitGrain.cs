namespace Interop.Access;

/// <inheritdoc cref="ILoginLimitGrain"/>
internal sealed class LoginLimitGrain(TimeProvider time) : Grain, ILoginLimitGrain
{
    private const int MaxFailures = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly Queue<DateTimeOffset> _attempts = new();

    public Task<TimeSpan?> Begin()
    {
        var now = time.GetUtcNow();
        while (_attempts.TryPeek(out var oldest) && oldest <= now - Window)
            _attempts.Dequeue();
        if (_attempts.Count >= MaxFailures)
            return Task.FromResult<TimeSpan?>(_attempts.Peek() + Window - now);
        _attempts.Enqueue(now);
        return Task.FromResult<TimeSpan?>(null);
    }

    public Task Succeed()
    {
        _attempts.TryDequeue(out _);
        return Task.CompletedTask;
    }
}
