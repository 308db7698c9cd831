using System.Text;
using System.Text.Json;

namespace Interop.Telemetry.Events;

/// <summary>A member of a payload that the parser knows: the column that a plain value under this name fills, and the members of an
/// object.</summary>
internal sealed class EventMember
{
    private readonly byte[] _name;

    private EventMember(string name, IReadOnlyCollection<(string[] Path, EventColumn Column)> below)
    {
        _name = Encoding.UTF8.GetBytes(name);
        Column = below.FirstOrDefault(b => b.Path.Length == 0).Column;
        Members = Group(below.Where(b => b.Path.Length > 0));
    }

    /// <summary>The members at the top of a payload, of both shapes.</summary>
    public static EventMember[] Top { get; } =
        Group(EventColumns.All.SelectMany(column => column.Members, (column, path) => (path.Split('.'), column)));

    /// <summary>Null: a plain value here fills no column.</summary>
    public EventColumn? Column { get; }

    public EventMember[] Members { get; }

    /// <summary>The member whose name the reader stands on; null: it fills no column.</summary>
    public static EventMember? Find(ref Utf8JsonReader reader, EventMember[] members)
    {
        if (reader.ValueIsEscaped)
            return FindEscaped(ref reader, members);
        foreach (var member in members)
        {
            if (reader.ValueSpan.SequenceEqual(member._name))
                return member;
        }

        return null;
    }

    private static EventMember? FindEscaped(ref Utf8JsonReader reader, EventMember[] members)
    {
        try
        {
            var name = Encoding.UTF8.GetBytes(reader.GetString()!);
            return members.FirstOrDefault(m => name.AsSpan().SequenceEqual(m._name));
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate: the name is no text
        }
    }

    private static EventMember[] Group(IEnumerable<(string[] Path, EventColumn Column)> paths) =>
        [
            .. paths
                .GroupBy(p => p.Path[0], StringComparer.Ordinal)
                .Select(g => new EventMember(g.Key, [.. g.Select(p => (p.Path[1..], p.Column))])),
        ];
}
