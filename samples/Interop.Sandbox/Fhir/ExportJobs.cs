using System.Collections.Concurrent;

namespace Interop.Sandbox.Fhir;

/// <summary>The Bulk Data exports that clients began, and what was asked of them.</summary>
public sealed class ExportJobs
{
    private readonly ConcurrentDictionary<string, ExportJob> _jobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _downloads = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _kickOffs = new();
    private int _deleted;

    /// <summary>The kick-offs, as <c>METHOD operation</c> and the parameters.</summary>
    public IReadOnlyList<string> KickOffs => [.. _kickOffs];

    /// <summary>How often each file was sent, by its name.</summary>
    public IReadOnlyDictionary<string, int> Downloads => _downloads;

    /// <summary>Exports that clients deleted.</summary>
    public int Deleted => _deleted;

    /// <summary>Exports that the server has.</summary>
    public int Count => _jobs.Count;

    /// <summary>Resources per file of exports that begin from now on.</summary>
    public int ResourcesPerFile { get; set; } = 1000;

    /// <summary>How often the status of a new export answers 202.</summary>
    public int PollsBeforeEnd { get; set; } = 1;

    /// <summary>Whether files have an ETag.</summary>
    public bool HasETags { get; set; } = true;

    /// <summary>Forgets every export, as a server without persistent jobs does when it restarts.</summary>
    public void Lose() => _jobs.Clear();

    internal ExportJob Begin(string kickOff, ExportJob job)
    {
        _kickOffs.Enqueue(kickOff);
        _jobs[job.Id] = job;
        return job;
    }

    internal ExportJob? Find(string id) => _jobs.GetValueOrDefault(id);

    internal bool Delete(string id)
    {
        if (!_jobs.TryRemove(id, out _))
            return false;
        Interlocked.Increment(ref _deleted);
        return true;
    }

    internal void Downloaded(string file) => _downloads.AddOrUpdate(file, 1, (_, count) => count + 1);
}

/// <summary>One export: the versions that were current when it began.</summary>
internal sealed class ExportJob
{
    private int _polls;

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public required long TransactionTicks { get; init; }

    public required string Request { get; init; }

    public required IReadOnlyList<ExportFile> Files { get; init; }

    public required int PollsBeforeEnd { get; init; }

    public bool IsPolledToItsEnd() => Interlocked.Increment(ref _polls) > PollsBeforeEnd;
}

/// <summary>A file of an export: output, or with <paramref name="IsDeleted"/> the deletions.</summary>
internal sealed record ExportFile(string Name, TypeStore Rows, ResourceVersion[] Versions, bool IsDeleted);
