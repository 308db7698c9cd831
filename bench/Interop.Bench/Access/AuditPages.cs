using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Interop.Sandbox.Hospital;

namespace Interop.Bench.Access;

/// <summary>
/// AuditEvents of the simulated hospital without end, and next to no cost: the first events are rendered once, and each repetition writes
/// them again with new ids and later instants, and, if wanted, with new agents.
/// </summary>
internal sealed partial class AuditPages
{
    private readonly List<Template> _templates = [];
    private readonly TimeSpan _span;
    private readonly bool _newAgents;

    /// <param name="events">Events of one repetition.</param>
    /// <param name="newAgents">Whether each repetition has agents of its own.</param>
    public AuditPages(int events, bool newAgents)
    {
        _newAgents = newAgents;
        foreach (var e in new HospitalSimulation(new HospitalOptions()).Events().Take(events))
            _templates.Add(new Template(e.Instant, Encoding.UTF8.GetString(e.Utf8.Span)));
        _span = TimeSpan.FromDays(Math.Ceiling((_templates[^1].Instant - _templates[0].Instant).TotalDays));
    }

    public DateTimeOffset Start => _templates[0].Instant;

    /// <summary>The instant of an event.</summary>
    public DateTimeOffset InstantOf(long number) =>
        _templates[(int)(number % _templates.Count)].Instant + (number / _templates.Count * _span);

    /// <summary>A searchset of events from a number on.</summary>
    public byte[] Render(long first, int count, string? next)
    {
        var page = new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"searchset\",", count * 1_400);
        if (next is not null)
            page.Append("\"link\":[{\"relation\":\"next\",\"url\":\"").Append(next).Append("\"}],");
        page.Append("\"entry\":[");
        for (var number = first; number < first + count; number++)
        {
            page.Append(number == first ? "{\"resource\":" : ",{\"resource\":");
            var repetition = number / _templates.Count;
            _templates[(int)(number % _templates.Count)].AppendTo(page, number, repetition * _span, _newAgents ? repetition : 0);
            page.Append('}');
        }

        return Encoding.UTF8.GetBytes(page.Append("]}").ToString());
    }

    [GeneratedRegex("""(?<id>"id":")ae-\d+|(?<time>"(?:recorded|lastUpdated)":")(?<at>[^"]+)|(?<agent>"Practitioner/)(?=prac-)""")]
    private static partial Regex Changing { get; }

    /// <summary>An event's text, cut where a repetition changes it.</summary>
    private sealed class Template
    {
        private readonly List<(string Text, char Kind, DateTimeOffset At)> _parts = [];
        private readonly string _rest;

        public Template(DateTimeOffset instant, string json)
        {
            Instant = instant;
            var end = 0;
            foreach (Match match in Changing.Matches(json))
            {
                var (name, length) =
                    match.Groups["id"].Success ? ('i', match.Groups["id"].Length)
                    : match.Groups["time"].Success ? ('t', match.Groups["time"].Length)
                    : ('a', match.Length);
                var at = name == 't' ? DateTimeOffset.Parse(match.Groups["at"].ValueSpan, CultureInfo.InvariantCulture) : default;
                _parts.Add((json[end..(match.Index + length)], name, at));
                end = match.Index + match.Length;
            }

            _rest = json[end..];
        }

        public DateTimeOffset Instant { get; }

        public void AppendTo(StringBuilder page, long number, TimeSpan shift, long agents)
        {
            foreach (var (text, kind, at) in _parts)
            {
                page.Append(text);
                if (kind == 'i')
                    page.Append("ae-").Append(number);
                else if (kind == 't')
                    page.Append(CultureInfo.InvariantCulture, $"{(at + shift).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff}Z");
                else if (agents > 0)
                    page.Append('r').Append(agents);
            }

            page.Append(_rest);
        }
    }
}
