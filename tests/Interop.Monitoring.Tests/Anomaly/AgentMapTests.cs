using System.ComponentModel.DataAnnotations;
using Interop.Anomaly.Care;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class AgentMapTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-agents-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_CSV_file_maps_names_of_every_source_and_of_one()
    {
        var map = Map(
            "agents.csv",
            """
            practitioner,agent,source
            Practitioner/prac-1,jdoe,
            prac-2,"Doe, Jane",
            Practitioner/prac-3,jdoe,clinic
            """
        );

        Assert.Equal("Practitioner/prac-1", map.NamesOf("default").Find("JDOE"));
        Assert.Equal("Practitioner/prac-2", map.NamesOf("default").Find("Doe, Jane"));
        Assert.Equal("Practitioner/prac-3", map.NamesOf("clinic").Find("jdoe"));
        Assert.Null(map.NamesOf("default").Find("someone-else"));
        Assert.Equal(["Practitioner/prac-1", "Practitioner/prac-3"], map.PractitionersOf("jdoe"));
    }

    [Fact]
    public void A_JSON_file_maps_the_same()
    {
        var map = Map(
            "agents.json",
            """[{"agent":"jdoe","practitioner":"prac-1"},{"agent":"jdoe","practitioner":"prac-3","source":"clinic"}]"""
        );

        Assert.Equal("Practitioner/prac-1", map.NamesOf("default").Find("jdoe"));
        Assert.Equal("Practitioner/prac-3", map.NamesOf("clinic").Find("jdoe"));
    }

    [Theory]
    [InlineData("a.csv", "", "line 1: the file is empty")]
    [InlineData("a.csv", "login;practitioner\n", "line 1: the header must name the columns agent and practitioner")]
    [InlineData("a.csv", "agent,practitioner\njdoe,prac-1\n,prac-2\n", "line 3: agent is empty")]
    [InlineData("a.csv", "agent,practitioner\n\njdoe,Patient/1\n", "line 3: practitioner must be Practitioner/ID, not 'Patient/1'")]
    [InlineData(
        "a.csv",
        "agent,practitioner\njdoe,prac-1\nJDoe,prac-2\n",
        "line 3: 'JDoe' is mapped to Practitioner/prac-1 in line 2 already"
    )]
    [InlineData("a.csv", "agent,practitioner\n\"jdoe,prac-1\n", "line 2: a quote is not closed")]
    [InlineData("a.json", "{}", "line 1: must be a JSON array")]
    [InlineData(
        "a.json",
        "[\n{\"agent\":\"a\",\"practitioner\":\"p\"},\n{\"agent\":\"b\"}]",
        "line 3: practitioner must be Practitioner/ID"
    )]
    [InlineData("a.json", "[\n{\"agent\":\"a\",\"login\":\"p\"}]", "line 2: 'login' is no member")]
    [InlineData("a.json", "[\n{\"agent\":7}]", "line 2: agent must be a string")]
    [InlineData("a.json", "[\n{\"agent\":\"a\"", "line 2: not JSON")]
    public void What_is_wrong_with_a_file_is_said_at_the_start_with_its_line(string name, string text, string problem)
    {
        var options = new MonitoringOptions { AgentMap = Write(name, text) };

        var message = Assert.Single(options.Validate(new ValidationContext(options))).ErrorMessage;

        Assert.Contains($"{name}: {problem}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_said_at_the_start()
    {
        var options = new MonitoringOptions { AgentMap = Path.Combine(_folder, "missing.csv") };

        Assert.Single(options.Validate(new ValidationContext(options)));
    }

    [Fact]
    public void A_changed_file_is_read_again_and_a_bad_one_changes_nothing()
    {
        var map = Map("agents.csv", "agent,practitioner\njdoe,prac-1\n");
        Assert.Equal("Practitioner/prac-1", map.NamesOf("default").Find("jdoe"));

        Write("agents.csv", "agent,practitioner\njdoe,prac-22\n");
        Assert.Equal("Practitioner/prac-22", map.NamesOf("default").Find("jdoe"));
        Write("agents.csv", "agent,practitioner\njdoe,Patient/not-one\n");
        Assert.Equal("Practitioner/prac-22", map.NamesOf("default").Find("jdoe"));
    }

    [Fact]
    public void A_mapped_name_counts_before_an_identifier_and_without_clinical_data()
    {
        var care = new CareIndex { Names = new AgentNames([new AgentMapEntry(1, "jdoe", "Practitioner/prac-9", null)]) };
        Assert.Equal("Practitioner/prac-9", care.FindAgent("ehr-user", "jdoe"));

        care.Add("""{"resourceType":"Practitioner","id":"prac-1","identifier":[{"value":"jdoe"},{"value":"e-1"}]}"""u8.ToArray());

        Assert.Equal("Practitioner/prac-9", care.FindAgent("jdoe", null));
        Assert.Equal("Practitioner/prac-1", care.FindAgent("e-1", null));
    }

    private AgentMap Map(string name, string text) =>
        new(Options.Create(new MonitoringOptions { AgentMap = Write(name, text) }), NullLogger<AgentMap>.Instance);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
