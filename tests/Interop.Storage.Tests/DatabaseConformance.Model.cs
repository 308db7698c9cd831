using FsCheck;
using FsCheck.Fluent;

namespace Interop.Storage.Tests;

public abstract partial class DatabaseConformance
{
    /// <summary>The model: the highest version of each id is kept; of equal versions the first.</summary>
    [Fact]
    public void Any_sequence_of_guarded_upserts_ends_in_the_state_of_the_model()
    {
        var row = from id in Gen.Choose(0, 6) from version in Gen.Choose(0, 9) select (Id: $"id-{id}", Version: (long)version);
        var batch = row.ListOf().Select(rows => rows.DistinctBy(r => r.Id).ToArray());
        var batches = batch.ListOf().Select(list => list.ToArray());

        Prop.ForAll(batches.ToArbitrary(), sequence => RunAsync(sequence).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));

        async Task<bool> RunAsync((string Id, long Version)[][] sequence)
        {
            await Database.WriteAsync((session, token) => session.ExecuteAsync("DELETE FROM versions", null, token));
            var model = new Dictionary<string, (long Version, string Raw)>();
            var number = 0;
            foreach (var rows in sequence)
            {
                var raw = $"{{\"batch\":{number++}}}";
                using var written = new RowBatch(Versions);
                foreach (var (id, version) in rows)
                    AddVersion(written, id, version, raw);
                var expected = 0;
                foreach (var (id, version) in rows)
                {
                    if (model.TryGetValue(id, out var old) && old.Version >= version)
                        continue;
                    model[id] = (version, raw);
                    expected++;
                }
                Assert.Equal(expected, await UpsertAsync(written, NewerOnly));
            }
            var stored = await Database.ReadAsync(
                (session, token) => session.QueryAsync<StoredRow>("SELECT id, version, raw FROM versions ORDER BY id", null, token)
            );
            Assert.Equal(
                model
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry => new StoredRow(entry.Key, entry.Value.Version, entry.Value.Raw)),
                stored
            );
            return true;
        }
    }

    private sealed record StoredRow(string Id, long Version, string Raw);
}
