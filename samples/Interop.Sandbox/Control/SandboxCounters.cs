namespace Interop.Sandbox.Control;

/// <summary>Counters since the start of the sandbox.</summary>
internal sealed class SandboxCounters
{
    private long _requests,
        _searches,
        _resources,
        _writes,
        _bytes;

    public long Requests => Interlocked.Read(ref _requests);

    public long Searches => Interlocked.Read(ref _searches);

    public long ResourcesServed => Interlocked.Read(ref _resources);

    public long Writes => Interlocked.Read(ref _writes);

    public long BytesSent => Interlocked.Read(ref _bytes);

    public void Requested() => Interlocked.Increment(ref _requests);

    public void Searched() => Interlocked.Increment(ref _searches);

    public void Served(int resources) => Interlocked.Add(ref _resources, resources);

    public void Written() => Interlocked.Increment(ref _writes);

    public void Sent(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
