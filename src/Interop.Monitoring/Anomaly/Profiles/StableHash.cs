namespace Interop.Anomaly.Profiles;

/// <summary>A hash that is the same in every process (FNV-1a over UTF-16, then mixed): profiles are stored.</summary>
internal static class StableHash
{
    public static uint Of(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
            hash = (hash ^ c) * 1099511628211UL;
        return (uint)(hash ^ (hash >> 32));
    }

    public static uint Of(AccessKind kind, string? type) => Of(type ?? "") * 16 + (uint)kind;
}
