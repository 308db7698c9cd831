using System.Globalization;
using System.Text.Json;
using Interop.Anomaly.Events;

namespace Interop.Anomaly.Care;

/// <summary>
/// An index in memory over the clinical resources of one source: persons, their logins and roles, and the practitioners, places and times
/// of each patient's care. Resources may be added in any order, and repeatedly. Not for use by two threads at once.
/// </summary>
public sealed class CareIndex
{
    /// <summary>The resource types that it reads.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        "Location",
        "Practitioner",
        "PractitionerRole",
        "Patient",
        "Encounter",
        "Appointment",
        "CareTeam",
        "ServiceRequest",
        "MedicationRequest",
    ];

    private const int MostClasses = 16;
    private readonly Dictionary<string, string> _aliases = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, CareAgent> _agents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CarePatient> _patients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _employeePatients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _placesByName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Dictionary<string, int>> _carePlaces = new(StringComparer.Ordinal);

    /// <summary>Whether there is no care that could explain an access.</summary>
    public bool IsEmpty { get; private set; } = true;

    public int Agents => _agents.Count;

    public int Patients => _patients.Count;

    /// <summary>Names of the mapping file. They come before identifiers and logins.</summary>
    public AgentNames Names { get; set; } = AgentNames.None;

    /// <summary>The Practitioner of an agent's reference, identifier or login; null: not known here.</summary>
    public string? FindAgent(string agent, string? login)
    {
        if ((Names.Find(agent) ?? Names.Find(login)) is { } mapped)
            return mapped;
        if (_agents.ContainsKey(agent))
            return agent;
        return _aliases.GetValueOrDefault(agent) ?? (login is null ? null : _aliases.GetValueOrDefault(login));
    }

    internal CareAgent? Agent(string practitioner) => _agents.GetValueOrDefault(practitioner);

    internal CarePatient? Patient(string patient) => _patients.GetValueOrDefault(patient);

    /// <summary>Whether the patient is an employee, by an identifier that both carry.</summary>
    internal bool IsColleague(string patient) => _employeePatients.ContainsKey(patient);

    /// <summary>The Location with this name, as an event's <c>source.site</c> has it.</summary>
    internal string? PlaceNamed(string? site) => site is null ? null : _placesByName.GetValueOrDefault(site);

    /// <summary>Whether patients stay or are examined there; elsewhere (pharmacy, admission, billing, records) staff serve the whole
    /// house.</summary>
    internal bool IsCarePlace(string place) => _carePlaces.ContainsKey(place);

    /// <summary>The most frequent class of the encounters at the place, such as IMP; without encounters the place itself. Wards are alike,
    /// an emergency department is not.</summary>
    internal string KindOf(string place) =>
        _carePlaces.TryGetValue(place, out var classes) && classes.Count > 0 ? classes.MaxBy(c => (c.Value, c.Key)).Key : place;

    /// <summary>Adds one resource. A resource of another type or without an id is ignored.</summary>
    public void Add(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 512 });
        var root = document.RootElement;
        if (root.Text("id") is not { Length: > 0 } id)
            return;
        switch (root.Text("resourceType"))
        {
            case "Location":
                if (root.Text("name") is { Length: > 0 } name)
                    _placesByName[name] = $"Location/{id}";
                break;
            case "Practitioner":
                AddPractitioner($"Practitioner/{id}", root);
                break;
            case "PractitionerRole":
                AddRole(id, root);
                break;
            case "Patient":
                AddPatient($"Patient/{id}", root);
                break;
            case "Encounter":
                AddEncounter(id, root);
                break;
            case "Appointment":
                AddAppointment(id, root);
                break;
            case "CareTeam":
                AddTeam(id, root);
                break;
            case "ServiceRequest" or "MedicationRequest":
                AddOrder(id, root);
                break;
        }
    }

    private void AddPractitioner(string key, JsonElement root)
    {
        var agent = AgentOf(key);
        agent.FamilyName = FamilyName(root);
        agent.Address = AddressOf(root);
        agent.IsActive = root.Child("active").ValueKind != JsonValueKind.False;
        foreach (var identifier in root.Items("identifier"))
        {
            if (identifier.Text("value") is { Length: > 0 } value)
            {
                agent.Identifiers.Add(value);
                _aliases[value] = key;
            }
        }
    }

    private void AddRole(string id, JsonElement root)
    {
        if (Reference(root.Child("practitioner")) is not { } practitioner)
            return;
        var agent = AgentOf(practitioner);
        var (from, to) = Period(root.Child("period"));
        string? code = null;
        foreach (var concept in root.Items("code"))
        {
            foreach (var coding in concept.Items("coding"))
                code ??= coding.Text("code");
        }

        agent.Roles.RemoveAll(r => r.Id == id);
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var location in root.Items("location"))
        {
            if (Reference(location) is { } place)
                places.Add(place);
        }

        agent.Roles.Add(new CareRole(id, code, places, from, to, root.Child("active").ValueKind != JsonValueKind.False));
    }

    private void AddPatient(string key, JsonElement root)
    {
        var patient = PatientOf(key);
        patient.IsKnown = true;
        patient.FamilyName = FamilyName(root);
        patient.Address = AddressOf(root);
        foreach (var doctor in root.Items("generalPractitioner"))
        {
            if (Reference(doctor) is { } practitioner)
                patient.Replace(
                    new CareFact("general practitioner", key, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, [practitioner], [])
                );
        }

        foreach (var identifier in root.Items("identifier"))
        {
            var isEmployee = false;
            foreach (var coding in identifier.Child("type").Items("coding"))
                isEmployee |= coding.Text("code") is "EN";
            if (isEmployee && identifier.Text("value") is { Length: > 0 } number)
            {
                patient.EmployeeNumber = number;
                _employeePatients[key] = number;
            }
        }
    }

    private void AddEncounter(string id, JsonElement root)
    {
        if (Reference(root.Child("subject")) is not { } subject)
            return;
        var (from, to) = Period(root.Child("period"));
        var people = new List<string>();
        foreach (var participant in root.Items("participant"))
        {
            if ((Reference(participant.Child("individual")) ?? Reference(participant.Child("actor"))) is { } person)
                people.Add(person);
        }

        var places = new List<string>();
        foreach (var stay in root.Items("location"))
        {
            if (Reference(stay.Child("location")) is { } place)
                places.Add(place);
        }

        AddFact(subject, new CareFact("encounter", id, from, to, people, places));
        if (root.Child("class").Text("code") is not { Length: > 0 } kind)
            return;
        foreach (var place in places)
        {
            var classes = _carePlaces[place];
            if (classes.Count < MostClasses || classes.ContainsKey(kind))
                classes[kind] = classes.GetValueOrDefault(kind) + 1;
        }
    }

    private void AddAppointment(string id, JsonElement root)
    {
        var from = Instant(root.Text("start")) ?? DateTimeOffset.MinValue;
        var to = Instant(root.Text("end")) ?? from;
        List<string> people = [],
            patients = [],
            places = [];
        foreach (var participant in root.Items("participant"))
        {
            if (Reference(participant.Child("actor")) is not { } actor)
                continue;
            (
                actor.StartsWith("Patient/", StringComparison.Ordinal) ? patients
                : actor.StartsWith("Location/", StringComparison.Ordinal) ? places
                : people
            ).Add(actor);
        }

        foreach (var patient in patients)
            AddFact(patient, new CareFact("appointment", id, from, to, people, places));
    }

    private void AddTeam(string id, JsonElement root)
    {
        if (Reference(root.Child("subject")) is not { } subject)
            return;
        var (from, to) = Period(root.Child("period"));
        var people = new List<string>();
        foreach (var participant in root.Items("participant"))
        {
            if (Reference(participant.Child("member")) is { } member)
                people.Add(member);
        }

        AddFact(subject, new CareFact("care team", id, from, to, people, []));
    }

    private void AddOrder(string id, JsonElement root)
    {
        if (Reference(root.Child("subject")) is not { } subject)
            return;
        var at = Instant(root.Text("authoredOn")) ?? DateTimeOffset.MinValue;
        var people = new List<string>();
        foreach (var person in new[] { root.Child("requester"), root.Child("performer"), root.Child("recorder") })
        {
            if (Reference(person) is { } reference)
                people.Add(reference);
        }

        foreach (var performer in root.Items("performer"))
        {
            if (Reference(performer) is { } reference)
                people.Add(reference);
        }

        var places = new List<string>();
        foreach (var location in root.Items("locationReference"))
        {
            if (Reference(location) is { } place)
                places.Add(place);
        }

        AddFact(subject, new CareFact("order", id, at, at, people, places));
    }

    private void AddFact(string patient, CareFact fact)
    {
        IsEmpty = false;
        foreach (var place in fact.Places)
            _carePlaces.TryAdd(place, new Dictionary<string, int>(StringComparer.Ordinal));
        PatientOf(patient).Replace(fact);
    }

    private CareAgent AgentOf(string key)
    {
        if (!_agents.TryGetValue(key, out var agent))
            _agents[key] = agent = new CareAgent();
        return agent;
    }

    private CarePatient PatientOf(string key)
    {
        if (!_patients.TryGetValue(key, out var patient))
            _patients[key] = patient = new CarePatient();
        return patient;
    }

    private static string? FamilyName(JsonElement root)
    {
        foreach (var name in root.Items("name"))
        {
            if (name.Text("family") is { Length: > 0 } family)
                return family.ToUpperInvariant();
        }

        return null;
    }

    private static string? AddressOf(JsonElement root)
    {
        foreach (var address in root.Items("address"))
        {
            if (
                address.Child("line") is { ValueKind: JsonValueKind.Array } lines
                && lines.GetArrayLength() > 0
                && lines[0].ValueKind == JsonValueKind.String
            )
                return $"{lines[0].GetString()}|{address.Text("postalCode") ?? address.Text("city")}".ToUpperInvariant();
        }

        return null;
    }

    private static string? Reference(JsonElement element)
    {
        if (element.Text("reference") is not { Length: > 0 } text)
            return null;
        var id = text.LastIndexOf('/');
        var type = id > 0 ? text.LastIndexOf('/', id - 1) : -1;
        return type >= 0 ? text[(type + 1)..] : text;
    }

    private static (DateTimeOffset From, DateTimeOffset To) Period(JsonElement period) =>
        (Instant(period.Text("start")) ?? DateTimeOffset.MinValue, End(period.Text("end")) ?? DateTimeOffset.MaxValue);

    /// <summary>A period that ends on a date includes that day (FHIR R4, Period.end).</summary>
    private static DateTimeOffset? End(string? text) => text?.Length == 10 ? Instant(text)?.AddDays(1) : Instant(text);

    private static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;
}
