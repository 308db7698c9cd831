using System.CommandLine;
using System.Net.Http.Headers;
using Interop.Sandbox.Hospital;

namespace Interop.Silo.CommandLine;

/// <summary><c>send audit-event</c>: posts events of the simulated hospital to a FHIR server, to see polling work.</summary>
internal static class SendCommand
{
    private static readonly string[] Kinds =
    [
        .. Enum.GetNames<AttackKind>().Skip(1).Select(System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName),
    ];

    public static Command Create(SettingsOptions settings)
    {
        var to = new Option<string?>("--to") { Description = "The FHIR server's base (default: FHIR_BASE_URL)" };
        var count = new Option<int>("--count") { Description = "Ordinary events", DefaultValueFactory = _ => 1 };
        var attack = new Option<string?>("--attack") { Description = $"The events of an attack instead: {string.Join(", ", Kinds)}" };
        attack.AcceptOnlyFromAmong(Kinds);
        var command = new Command("audit-event", "Create test AuditEvents on a FHIR server") { to, count, attack };
        settings.AddTo(command, isServer: false);
        command.SetAction(
            (parsed, token) =>
            {
                var target =
                    parsed.GetValue(to)
                    ?? settings.Read(parsed).Sources.GetValueOrDefault("default")?.BaseUrl
                    ?? throw new ArgumentException("--to says which FHIR server takes the events; FHIR_BASE_URL is not set");
                return SendAsync(target, parsed.GetValue(count), parsed.GetValue(attack), token);
            }
        );
        return new Command("send", "Create test data on a FHIR server") { command };
    }

    private static async Task<int> SendAsync(string target, int count, string? attack, CancellationToken cancellationToken)
    {
        var hospital = new HospitalSimulation(new HospitalOptions());
        var now = TimeProvider.System.GetUtcNow();
        var events = attack is null
            ? hospital.Normal(count, now)
            : hospital.Attack(Enum.GetValues<AttackKind>()[Array.IndexOf(Kinds, attack) + 1], now);
        using var http = new HttpClient { BaseAddress = new Uri(target.EndsWith('/') ? target : target + "/") };
        foreach (var utf8 in events)
        {
            using var body = new ByteArrayContent(utf8);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+json");
            using var answer = await http.PostAsync(new Uri("AuditEvent", UriKind.Relative), body, cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new IOException($"{target} refused an AuditEvent with {(int)answer.StatusCode}");
        }

        await Console.Error.WriteLineAsync($"{events.Count} AuditEvents sent to {target}");
        return 0;
    }
}
