using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Ingestion.DeadLetters;
using Interop.Ingestion.Runs;
using Interop.Storage;

namespace Interop.Ingestion.Fetching;

/// <summary>The dead letters of an earlier run as pages, oldest first. Every stage replays from the stored raw JSON.</summary>
internal sealed class ReplaySource(Database database, RunRecord run, int pageSize) : IPageSource
{
    public async IAsyncEnumerable<IncomingPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = run.ReplayCursor;
        while (true)
        {
            var letters = await database.ReadAsync(
                (session, token) => DeadLetterStore.ListForReplayAsync(session, run, cursor, pageSize, token),
                cancellationToken
            );
            if (letters.Count == 0)
                yield break;
            cursor = letters[^1].Id;
            yield return new IncomingPage([.. letters.Select(Read)])
            {
                Position = new PagePosition(Total: run.ReplaySourceCount - run.ReplayMissingRaw, ReplayCursor: cursor),
            };
        }
    }

    private static IncomingResource Read(LetterJson letter)
    {
        var raw = Encoding.UTF8.GetBytes(letter.Raw);
        try
        {
            var header = ResourceHeader.Read(raw);
            return header.ResourceType is null
                ? Malformed(letter, raw, header, "the stored JSON has no resourceType")
                : new IncomingResource(raw, header, EntryKind.Match, LetterId: letter.Id);
        }
        catch (JsonException e)
        {
            return Malformed(letter, raw, default, $"the stored text is not JSON: {e.Message}");
        }
    }

    private static IncomingResource Malformed(LetterJson letter, byte[] raw, ResourceHeader header, string problem) =>
        new(raw, header, EntryKind.Malformed, problem, letter.Id);
}
