using System.Text.Json;
using System.Text.Json.Nodes;
using Interop.Sandbox.Fhir;
using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Control;

public enum MutationKind
{
    /// <summary>A new version with the same content.</summary>
    Touch,

    /// <summary>A new version with other content, still valid.</summary>
    Edit,

    Delete,

    /// <summary>A good resource becomes bad.</summary>
    Break,

    /// <summary>A bad resource becomes good.</summary>
    Fix,
}

/// <summary>Changes made on the server's side, as other clients would make them.</summary>
public sealed record Mutation
{
    public required MutationKind Kind { get; init; }

    public required string Type { get; init; }

    /// <summary>How many resources, drawn from the seed among those that the kind can apply to.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Mutate exactly these resources instead of drawing them.</summary>
    public string[]? Ids { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>break: what becomes wrong; if not given, the kinds take turns.</summary>
    public Defect? Defect { get; init; }

    /// <summary>The new versions' lastUpdated instead of now: a server whose clock is off, or that commits late.</summary>
    public DateTimeOffset? LastUpdated { get; init; }

    /// <summary>Applies the mutation and returns the ids of the changed resources.</summary>
    public IReadOnlyList<string> ApplyTo(ResourceStore store)
    {
        if (store.Find(Type) is not { } rows)
            throw new ArgumentException($"No resources of type {Type}.");
        var ids = Ids ?? Draw(rows);
        for (var i = 0; i < ids.Length; i++)
            Apply(store, rows, ids[i], i);
        return ids;
    }

    private string[] Draw(TypeStore rows)
    {
        var candidates = rows.Read(rows.Select(new VersionFilter()))
            .Where(version =>
                Kind switch
                {
                    MutationKind.Fix => version.Defect != SyntheticData.Defect.None,
                    MutationKind.Delete => true,
                    _ => version.Defect == SyntheticData.Defect.None,
                }
            )
            .Select(version => version.Resource)
            .ToArray();
        if (candidates.Length < Count)
            throw new ArgumentException($"Only {candidates.Length} resources of type {Type} can be the object of {Kind}, not {Count}.");
        var random = SplitMix.For(Seed, (ulong)Kind + 0x30D, 0);
        for (var i = 0; i < Count; i++)
        {
            var other = i + random.Next(candidates.Length - i);
            (candidates[i], candidates[other]) = (candidates[other], candidates[i]);
        }
        return [.. candidates.Take(Count).Select(rows.Id)];
    }

    private void Apply(ResourceStore store, TypeStore rows, string id, int number)
    {
        if (rows.Current(rows.Find(id)) is not { IsDeleted: false } current)
            throw new ArgumentException($"{Type}/{id} does not exist.");
        if (Kind == MutationKind.Delete)
        {
            store.Delete(Type, id);
            return;
        }
        var applied = current.Defect;
        var text = rows.Text(current);
        switch (Kind)
        {
            case MutationKind.Edit:
                text = Edited(text);
                break;
            case MutationKind.Break:
                var kinds = Defects.KindsOf(Type);
                text = Defects.Apply(text, Defect ?? kinds[number % kinds.Length], out applied);
                break;
            case MutationKind.Fix:
                text = rows.GoodText(current.Resource) ?? throw new ArgumentException($"{Type}/{id} never was good.");
                applied = SyntheticData.Defect.None;
                break;
        }
        using var document = JsonDocument.Parse(text);
        store.Put(document.RootElement, id, LastUpdated, applied);
    }

    /// <summary>Changes an element that is a column of the normalized tables, if the type has one.</summary>
    private static byte[] Edited(byte[] text)
    {
        var resource = JsonNode.Parse(text)!.AsObject();
        switch ((string)resource["resourceType"]!)
        {
            case "Patient" when resource["name"] is JsonArray names && names.OfType<JsonObject>().LastOrDefault() is { } name:
                name["family"] = (string?)name["family"] + "-Rivera";
                break;
            case "Observation" when resource["status"] is not null:
                resource["status"] = (string?)resource["status"] == "amended" ? "corrected" : "amended";
                break;
            case "Encounter" when resource["status"] is not null:
                resource["status"] = (string?)resource["status"] == "finished" ? "entered-in-error" : "finished";
                break;
            case "Condition" when resource["recordedDate"] is not null:
                resource["recordedDate"] = (string?)resource["recordedDate"] == "2026-02-17" ? "2026-02-18" : "2026-02-17";
                break;
            default:
                resource["language"] = (string?)resource["language"] == "en-GB" ? "en-US" : "en-GB";
                break;
        }
        return JsonSerializer.SerializeToUtf8Bytes(resource);
    }
}
