using System.Text.Json;
using Interop.Ingestion.Normalizing;
using Interop.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Support;

/// <summary>A normalized table of Basic resources whose transform fails for one text, as long as it is told to.</summary>
internal sealed class TestNormalizer : INormalizer
{
    public const string CreateTable =
        "CREATE TABLE basics (source TEXT NOT NULL, id TEXT NOT NULL, text TEXT, run_id BIGINT NOT NULL, PRIMARY KEY (source, id))";

    private static readonly HashSet<string> FailsFor = [];

    public string ResourceType => "Basic";

    public TableShape Table { get; } = new(
        "basics",
        [
            new Column("source", ColumnType.Text, Nullable: false),
            new Column("id", ColumnType.Text, Nullable: false),
            new Column("text", ColumnType.Text),
            new Column("run_id", ColumnType.Integer, Nullable: false),
        ],
        ["source", "id"]);

    public static void Add(IServiceCollection services) => services.AddSingleton<INormalizer>(new TestNormalizer());

    /// <summary>From now on (or no longer) the transform of this source fails.</summary>
    public static void Fail(string source, bool fails)
    {
        lock (FailsFor)
            _ = fails ? FailsFor.Add(source) : FailsFor.Remove(source);
    }

    public void Append(RowBatch rows, JsonElement resource, in RowOrigin origin)
    {
        rows.BeginRow();
        rows.WriteText(origin.Source);
        rows.WriteText(origin.Id);
        var text = resource.GetProperty("code").GetProperty("text").GetString()!;
        lock (FailsFor)
        {
            if (text == "trip" && FailsFor.Contains(origin.Source))
                throw new InvalidOperationException("tripped over it");
        }

        rows.WriteText(text);
        rows.WriteInteger(origin.RunId);
    }
}
