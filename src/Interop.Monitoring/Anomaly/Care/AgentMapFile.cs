using System.Text;
using System.Text.Json;
using Interop.Fhir.Schema;

namespace Interop.Anomaly.Care;

/// <summary>One line of the mapping file.</summary>
/// <param name="Line">Where it begins, from 1 on.</param>
/// <param name="Agent">A login, identifier, name or reference as AuditEvents have it.</param>
/// <param name="Practitioner">Practitioner/ID.</param>
/// <param name="Source">Only for events of this source; null: of every source.</param>
public sealed record AgentMapEntry(int Line, string Agent, string Practitioner, string? Source);

/// <summary>
/// Reads the mapping of agents to Practitioners. CSV has the columns agent, practitioner and, if wanted, source, with a header line; JSON
/// is an array of objects with the same members. A file whose name ends in .json is JSON.
/// </summary>
public static class AgentMapFile
{
    private const string Prefix = "Practitioner/";
    private static readonly string[] Columns = ["agent", "practitioner", "source"];

    /// <exception cref="FormatException">What is wrong, and in which line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    public static IReadOnlyList<AgentMapEntry> Read(string path)
    {
        var entries = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromJson(File.ReadAllBytes(path)) : FromCsv(path);
        var seen = new Dictionary<(string, string?), AgentMapEntry>();
        foreach (var entry in entries)
        {
            var key = (entry.Agent.ToUpperInvariant(), entry.Source);
            if (seen.TryGetValue(key, out var earlier) && earlier.Practitioner != entry.Practitioner)
                throw Bad(entry.Line, $"'{entry.Agent}' is mapped to {earlier.Practitioner} in line {earlier.Line} already");
            seen[key] = entry;
        }

        return entries;
    }

    private static List<AgentMapEntry> FromCsv(string path)
    {
        var entries = new List<AgentMapEntry>();
        var columns = Array.Empty<int>();
        var number = 0;
        foreach (var text in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            var fields = Fields(text, number);
            if (columns.Length == 0)
            {
                columns = [.. Columns.Select(name => fields.FindIndex(f => f.Equals(name, StringComparison.OrdinalIgnoreCase)))];
                if (columns[0] < 0 || columns[1] < 0)
                    throw Bad(number, $"the header must name the columns agent and practitioner, and may name source; it is '{text}'");
                continue;
            }

            entries.Add(Entry(number, Field(0), Field(1), Field(2)));

            string? Field(int column) => columns[column] is >= 0 and var at && at < fields.Count ? fields[at] : null;
        }

        return columns.Length > 0 ? entries : throw Bad(1, "the file is empty: it needs the header agent,practitioner");
    }

    private static List<AgentMapEntry> FromJson(byte[] utf8)
    {
        var entries = new List<AgentMapEntry>();
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                throw Bad(1, "must be a JSON array of objects with the members agent and practitioner");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var line = 1 + utf8.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
                if (reader.TokenType != JsonTokenType.StartObject)
                    throw Bad(line, "must be an object with the members agent and practitioner");
                var members = new string?[Columns.Length];
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!;
                    var at = Array.IndexOf(Columns, name);
                    reader.Read();
                    if (at < 0 || reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                        throw Bad(
                            line,
                            at < 0 ? $"'{name}' is no member: they are {string.Join(", ", Columns)}" : $"{name} must be a string"
                        );
                    members[at] = reader.GetString();
                }

                entries.Add(Entry(line, members[0], members[1], members[2]));
            }
        }
        catch (JsonException e)
        {
            throw new FormatException($"line {e.LineNumber + 1}: not JSON ({e.Message})", e);
        }

        return entries;
    }

    private static AgentMapEntry Entry(int line, string? agent, string? practitioner, string? source)
    {
        if (string.IsNullOrWhiteSpace(agent))
            throw Bad(line, "agent is empty");
        var id = practitioner?.Trim() ?? "";
        id = id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : id;
        return FhirId.IsValid(id)
            ? new AgentMapEntry(line, agent.Trim(), Prefix + id, string.IsNullOrWhiteSpace(source) ? null : source.Trim())
            : throw Bad(line, $"practitioner must be Practitioner/ID, not '{practitioner}'");
    }

    /// <summary>The fields of a line; a field in double quotes may hold commas, and "" for a quote.</summary>
    private static List<string> Fields(string line, int number)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"')
                field.Append(line[++i]);
            else if (c == '"')
                isQuoted = !isQuoted;
            else if (c == ',' && !isQuoted)
                Take();
            else
                field.Append(c);
        }

        if (isQuoted)
            throw Bad(number, "a quote is not closed");
        Take();
        return fields;

        void Take()
        {
            fields.Add(field.ToString().Trim());
            field.Clear();
        }
    }

    private static FormatException Bad(int line, string problem) => new($"line {line}: {problem}");
}
