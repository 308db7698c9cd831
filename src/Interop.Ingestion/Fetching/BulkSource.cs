using System.Net;
using System.Runtime.CompilerServices;
using Interop.Fhir.Client;
using Interop.Fhir.Client.Bulk;
using Interop.Fhir.Files;
using Interop.Ingestion.Runs;
using Interop.Sources;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>
/// The files of a Bulk Data export as pages, several files at the same time (docs/sources.md). The status URL of the export and the place
/// in each file are in the database, so an interrupted run reads no finished file again. When files or the export are gone, the run asks
/// for the manifest again, and after that begins a new export.
/// </summary>
internal sealed class BulkSource(
    Database database,
    FhirClient client,
    RunWaits waits,
    RunRecord run,
    SourceOptions source,
    int pageSize,
    TimeProvider time
) : IPageSource
{
    private const int MaxRestarts = 3;
    private const int MaxOutcomes = 20;
    private static readonly TimeSpan DateHeaderPrecision = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CommitPoll = TimeSpan.FromMilliseconds(50);

    private readonly BulkExportClient _exports = new(client, source.BaseDelay, time);
    private readonly List<string> _warnings = [];
    private List<RunPart> _parts = [];
    private Uri? _job = run.ExportUrl is { } url ? new Uri(url) : null;
    private DateTimeOffset? _snapshot = run.TransactionTime;
    private DateTimeOffset? _serverDate;
    private bool _sendsCredentials;
    private long? _total;

    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _parts = await database.ReadAsync((session, token) => RunPartStore.ListAsync(session, run.RunId, token), cancellationToken);
        var mayReread = true;
        for (var restarts = 0; _snapshot is null || _parts.Exists(p => !p.IsDone); )
        {
            await OpenExportAsync(cancellationToken);
            var before = _parts.Sum(p => p.Position) + _parts.Count(p => p.IsDone);
            var failures = new List<(RunPart Part, Exception Reason)>();
            // Deletions first: a resource that was deleted and created again is in the output.
            foreach (
                var kinds in (string[][])
                    [
                        [RunPartKind.Deleted, RunPartKind.Outcome],
                        [RunPartKind.Output],
                    ]
            )
            {
                var runner = new PartRunner(source.MaxParallel, ReadAsync);
                await foreach (var page in runner.ReadAsync([.. _parts.Where(p => !p.IsDone && kinds.Contains(p.Kind))], cancellationToken))
                    yield return page;
                failures.AddRange(runner.Failures);
            }

            if (failures.Count == 0)
                break;
            if (failures.Find(f => !IsGone(f.Reason)) is { Part: not null } broken)
                throw await FailedAsync(broken.Part, broken.Reason, cancellationToken);
            restarts = _parts.Sum(p => p.Position) + _parts.Count(p => p.IsDone) > before ? 0 : restarts + 1;
            if (restarts > MaxRestarts)
                throw await FailedAsync(failures[0].Part, failures[0].Reason, cancellationToken);
            // A server may sign its URLs for some minutes, and return new URLs with the same manifest.
            if (!mayReread)
                _job = null;
            mayReread = !mayReread;
        }

        yield return new IncomingPage([]) { Position = new PagePosition(Watermark: Watermark()), Warnings = [.. _warnings] };
    }

    /// <summary>The snapshot's instant, but never after the server's own clock: what it changes from now on must be asked for
    /// again.</summary>
    private DateTimeOffset? Watermark()
    {
        var now = _serverDate ?? run.ServerDate ?? time.GetUtcNow();
        return _snapshot > now + DateHeaderPrecision ? now : _snapshot;
    }

    /// <summary>Tells the server that its files are no longer needed.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_job is null)
            return;
        try
        {
            await _exports.DeleteAsync(_job, cancellationToken);
        }
        catch (FhirRequestException)
        {
            // Everything is loaded. A server that does not take the DELETE removes the files when they expire.
        }
    }

    /// <summary>Begins an export unless one is known, waits for its manifest and records the files.</summary>
    private async Task OpenExportAsync(CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            if (_job is null)
            {
                _job = await AskAsync(wait => _exports.StartAsync(Request(), wait.Retry, cancellationToken));
                await database.WriteAsync(
                    (session, token) => RunStore.RecordExportAsync(session, run, _job.AbsoluteUri, null, token),
                    cancellationToken
                );
            }

            try
            {
                var (manifest, serverDate) = await AskAsync(wait =>
                    _exports.WaitAsync(
                        _job,
                        run.StartedAt + source.Bulk.MaxWait,
                        wait.Retry,
                        pause => wait.Say(Describe(pause)),
                        cancellationToken
                    )
                );
                await AdoptAsync(manifest, serverDate, cancellationToken);
                return;
            }
            catch (IngestionException)
            {
                // The run ends here: the server need not keep the export.
                await EndAsync(cancellationToken);
                throw;
            }
            catch (FhirRequestException e) when (e.IsGone && tries < MaxRestarts)
            {
                // The server has forgotten the export, as after a restart.
                _job = null;
            }
        }
    }

    private BulkExportRequest Request() =>
        new()
        {
            Operation = source.Bulk.Operation,
            IsPost = source.Bulk.Method == SourceBulkOptions.Post,
            Since = run.Since,
            Types = [run.ResourceType],
            TypeFilters = [.. source.Bulk.TypeFilter.Where(f => f.StartsWith($"{run.ResourceType}?", StringComparison.Ordinal))],
            Elements = source.Bulk.Elements,
        };

    /// <summary>
    /// Takes the manifest's files as the parts of the run. The manifest of the same snapshot has the same files, perhaps under other URLs:
    /// they keep their places. Of another snapshot a file is known only by its ETag.
    /// </summary>
    private async Task AdoptAsync(BulkManifest manifest, DateTimeOffset? serverDate, CancellationToken cancellationToken)
    {
        _sendsCredentials = manifest.RequiresAccessToken;
        await UntilCommittedAsync(cancellationToken);
        _serverDate ??= serverDate;
        var snapshot = manifest.TransactionTime;
        var files = FilesOf(manifest);
        if (_snapshot == snapshot && IsSameSet(files))
        {
            foreach (var (part, file) in _parts.Zip(files))
                part.Name = file.Name;
            await database.WriteAsync(
                async (session, token) =>
                {
                    await RunStore.FenceAsync(session, run, token);
                    await RunPartStore.RenameAsync(session, run.RunId, _parts, token);
                },
                cancellationToken
            );
        }
        else
        {
            await database.WriteAsync(
                async (session, token) =>
                {
                    await RunStore.RecordExportAsync(session, run, _job!.AbsoluteUri, snapshot, token);
                    var known = await RunPartStore.ListAsync(session, run.RunId, token);
                    var first = known.Select(p => p.Part).DefaultIfEmpty().Max();
                    foreach (var (i, file) in files.Index())
                    {
                        file.Part = first + i + 1;
                        file.Fingerprint = known
                            .Find(k => k.IsDone && k.Kind == file.Kind && k.Expected == file.Expected && FileName(k) == FileName(file))
                            ?.Fingerprint;
                    }

                    await RunPartStore.DeleteAsync(session, run.RunId, 0, token);
                    await RunPartStore.InsertAsync(session, run.RunId, files, token);
                },
                cancellationToken
            );
            _parts = files;
        }

        _snapshot = snapshot;
        var outputs = _parts.Where(p => p.Kind == RunPartKind.Output).ToList();
        _total = outputs.TrueForAll(p => p.Expected is not null) ? outputs.Sum(p => p.Expected) : null;
    }

    /// <summary>Waits until the pages that were read are in the database: only a committed file is a finished one.</summary>
    private async Task UntilCommittedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await database.ReadAsync((session, token) => RunPartStore.ListAsync(session, run.RunId, token), cancellationToken);
            if (_parts.TrueForAll(p => stored.Find(s => s.Part == p.Part) is { } s && s.Position >= p.Position && s.IsDone == p.IsDone))
                return;
            await Task.Delay(CommitPoll, time, cancellationToken);
        }
    }

    private List<RunPart> FilesOf(BulkManifest manifest)
    {
        var others = manifest.Output.Where(f => f.Type.Length > 0 && f.Type != run.ResourceType).Select(f => f.Type).Distinct().ToList();
        if (others.Count > 0)
            Warn($"the export has files of types that were not asked for, which are not read: {string.Join(", ", others.Take(10))}");
        return
        [
            .. manifest.Deleted.Select(f => PartOf(f, RunPartKind.Deleted)),
            .. manifest.Outcomes.Select(f => PartOf(f, RunPartKind.Outcome)),
            .. manifest.Output.Where(f => f.Type.Length == 0 || f.Type == run.ResourceType).Select(f => PartOf(f, RunPartKind.Output)),
        ];
    }

    private static RunPart PartOf(BulkFile file, string kind) =>
        new()
        {
            Kind = kind,
            Name = file.Url.AbsoluteUri,
            Expected = file.Count,
        };

    private bool IsSameSet(List<RunPart> files) =>
        files.Count == _parts.Count
        && files.Zip(_parts).All(pair => pair.First.Kind == pair.Second.Kind && pair.First.Expected == pair.Second.Expected);

    /// <summary>The last segment of the file's path: URLs of another export of the same server differ before it.</summary>
    private static string FileName(RunPart part) => Path.GetFileName(new Uri(part.Name).AbsolutePath);

    private async IAsyncEnumerable<IncomingPage> ReadAsync(RunPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var tries = 1; !part.IsDone; tries++)
        {
            var before = part.Position;
            // An ETag of another export: the same text was loaded already.
            var etag = part.Position == 0 ? part.Fingerprint : null;
            var file = await waits.WatchAsync(wait =>
                _exports.OpenFileAsync(new Uri(part.Name), _sendsCredentials, etag, wait.Retry, cancellationToken)
            );
            if (file.Content is null)
            {
                (part.Position, part.IsDone) = (part.Expected ?? 0, true);
                yield return new IncomingPage([])
                {
                    Position = new PagePosition(_total, Part: new PartPosition(part.Part, part.Position, IsDone: true)),
                };
                yield break;
            }

            await using var content = file.Content;
            await using var pages = PagesOf(part, file).GetAsyncEnumerator(cancellationToken);
            Exception? broken = null;
            while (broken is null)
            {
                try
                {
                    if (!await pages.MoveNextAsync())
                        break;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or InvalidDataException)
                {
                    broken = e;
                    continue;
                }

                yield return pages.Current;
            }

            if (broken is null)
                continue;
            if (part.Position > before)
                tries = 1;
            if (tries >= source.MaxAttempts)
                throw new FhirRequestException(new Uri(part.Name), null, broken.Message, isTransient: false, null, broken);
            await waits.PauseAsync(
                source.BaseDelay * Math.Pow(2, Math.Min(tries, 6)),
                $"the file {FileName(part)} of the export broke off after {part.Position} resources",
                cancellationToken
            );
        }
    }

    private IAsyncEnumerable<IncomingPage> PagesOf(RunPart part, BulkFileContent file) =>
        part.Kind == RunPartKind.Outcome
            ? OutcomesAsync(part, file.Content!)
            : new ResourcePages(
                part,
                FileName(part),
                run.ResourceType,
                skipsOthers: part.Kind == RunPartKind.Deleted,
                isNdjson: true,
                pageSize
            )
            {
                Fingerprint = file.ETag,
                Total = _total,
            }.ReadAsync(file.Content!, CancellationToken.None);

    private static async IAsyncEnumerable<IncomingPage> OutcomesAsync(
        RunPart part,
        Stream stream,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var texts = new List<string>();
        await foreach (var (_, bytes) in ResourceFile.ReadAsync(stream, ResourceFile.LargestResource, isNdjson: true, cancellationToken))
        {
            if (texts.Count < MaxOutcomes && OperationOutcomeText.Read(bytes.Span) is { } text)
                texts.Add($"the export reports: {text}");
        }

        (part.Position, part.IsDone) = (texts.Count, true);
        yield return new IncomingPage([])
        {
            Warnings = texts,
            Position = new PagePosition(Part: new PartPosition(part.Part, texts.Count, IsDone: true)),
        };
    }

    /// <summary>Expired: the server no longer has the file, or its signature is too old.</summary>
    private static bool IsGone(Exception reason) => reason is FhirRequestException e && (e.IsGone || e.Status == HttpStatusCode.Forbidden);

    private async Task<IngestionException> FailedAsync(RunPart part, Exception reason, CancellationToken cancellationToken)
    {
        await EndAsync(cancellationToken);
        var notRead = $"the file {FileName(part)} of the export could not be read after {part.Position} resources";
        return IngestionException.Upstream(
            $"{notRead}: {reason.Message}",
            $"{notRead}: {(reason as FhirRequestException)?.LogMessage ?? reason.GetType().Name}"
        );
    }

    private static string Describe(BulkExportPause pause) =>
        $"the server prepares the export{(pause.Progress is { } text ? $" ({text})" : "")}; asked again after {RunWaits.Seconds(pause.Pause)} s";

    private async Task<T> AskAsync<T>(Func<RunWaits.RunWait, Task<T>> ask)
    {
        try
        {
            return await waits.WatchAsync(ask);
        }
        catch (BulkExportException e)
        {
            throw IngestionException.Upstream(
                e.Message,
                e.InnerException is FhirRequestException inner ? inner.LogMessage : "the export failed"
            );
        }
    }

    private void Warn(string warning)
    {
        if (!_warnings.Contains(warning))
            _warnings.Add(warning);
    }
}
