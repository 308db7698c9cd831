using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Interop.Access;
using Interop.Anomaly;
using Interop.Dashboard.Access;
using Interop.Dashboard.Live;
using Interop.Ingestion;
using Interop.Patients;
using Interop.Views;
using Microsoft.Extensions.Logging;

namespace Interop.Dashboard.Layout;

/// <summary>
/// What the command palette finds. While the user types it looks for pages, runs, views, alerts and cases, none of which is a patient's
/// data. Patients are searched only when the user asks for it: each such search is audited before it shows anything.
/// </summary>
public sealed partial class PaletteSearch(IGrainFactory grains, SharedReads reads, AuditLog audit, PatientLinks links)
{
    private const int MaxViews = 5;
    private const int MaxRuns = 4;
    private const int MaxPatients = 10;
    private const int MinLetters = 2;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private static readonly PaletteItem[] Lists =
    [
        new("Alerts", "Open alerts of severity HIGH", null, "alerts", "/alerts?severity=HIGH&status=open"),
        new("Alerts", "Open alerts of severity MEDIUM", null, "alerts", "/alerts?severity=MEDIUM&status=open"),
        new("Cases", "Open cases", null, "cases", "/cases?status=open"),
        new("Runs", "Failed runs", null, "runs", "/runs?status=FAILED"),
    ];

    /// <summary>Everything but patients that the text names. The last item searches patients.</summary>
    public async Task<ImmutableArray<PaletteItem>> FindAsync(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var asked = text.Trim();
        var found = new List<PaletteItem>();
        if (long.TryParse(asked.TrimStart('#'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            found.AddRange(await FindByNumberAsync(number));
        else if (AlertNumber().IsMatch(asked))
            found.AddRange(await FindAlertAsync(asked));
        found.AddRange(
            PageList
                .All.Where(page => Has(page.Title, asked))
                .Select(page => new PaletteItem("Page", page.Title, null, page.Icon, page.Path))
        );
        if (asked.Length >= MinLetters)
        {
            found.AddRange(Lists.Where(list => Has(list.Title, asked)));
            found.AddRange(await FindViewsAsync(asked));
            found.AddRange(await FindRunsAsync(asked));
        }

        if (asked.Any(char.IsLetterOrDigit))
            found.Add(
                new PaletteItem("Patients", $"Search patients for “{asked}”", "by id or name; the search is audited", "patient", null)
            );
        return [.. found.DistinctBy(item => item.Path)];
    }

    /// <summary>The patients that the text names. Audited, without the text.</summary>
    public async Task<ImmutableArray<PaletteItem>> FindPatientsAsync(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        await audit.RecordAsync(AuditAction.Query, "DashboardPatientSearch", PatientLinks.Path);
        var patients = await grains.GetQuery<IPatientQueryGrain>().Search(text, MaxPatients);
        var found = ImmutableArray.CreateBuilder<PaletteItem>();
        foreach (var patient in patients)
        {
            var name = string.Join(", ", new[] { patient.Family, patient.Given }.OfType<string>());
            var detail = string.Join(" · ", new[] { patient.BirthDate, patient.Key.Source, patient.Key.Id }.OfType<string>());
            found.Add(new PaletteItem("Patient", name.Length == 0 ? "No name" : name, detail, "patient", await links.ToAsync(patient.Key)));
        }

        return found.ToImmutable();
    }

    private async Task<IEnumerable<PaletteItem>> FindByNumberAsync(long number)
    {
        var run = reads.GetAsync(("palette/run", number), Lifetime, () => grains.IngestionQueries().GetSummary(number));
        var one = reads.GetAsync(("palette/case", number), Lifetime, () => grains.GetQuery<IAlertQueryGrain>().FindCase(number));
        var found = new List<PaletteItem>();
        if (await run is { } summary)
            found.Add(OfRun(number, summary.Resource, summary.Status, summary.Source));
        if (await one is { } known)
            found.Add(
                new PaletteItem(
                    "Case",
                    $"Case {number}",
                    $"{known.ReasonClass.Replace('_', ' ')} · {known.Status}",
                    "cases",
                    $"/cases/{number}"
                )
            );
        return found;
    }

    private async Task<IEnumerable<PaletteItem>> FindAlertAsync(string id)
    {
        var alert = await reads.GetAsync(("palette/alert", id), Lifetime, () => grains.GetQuery<IAlertQueryGrain>().Find(id));
        return alert is null
            ? []
            : [new PaletteItem("Alert", $"Alert {id}", $"{alert.Alert.Severity} · {alert.Alert.Status}", "alerts", $"/alerts/{id}")];
    }

    private async Task<IEnumerable<PaletteItem>> FindViewsAsync(string text) =>
        (await reads.GetAsync("palette/views", Lifetime, () => grains.ViewQueries().List()))
            .Where(view => Has(view.Name, text) || Has(view.ResourceType ?? "", text))
            .Take(MaxViews)
            .Select(view => new PaletteItem("View", view.Name, view.ResourceType, "data", $"/data/{view.Name}"));

    private async Task<IEnumerable<PaletteItem>> FindRunsAsync(string text) =>
        (await reads.GetAsync("palette/runs", Lifetime, () => grains.IngestionQueries().GetActivity(2)))
            .Latest.Where(run => Has(run.ResourceType, text) || Has(run.Status, text))
            .Take(MaxRuns)
            .Select(run => OfRun(run.RunId, run.ResourceType, run.Status, run.Source));

    private static PaletteItem OfRun(long id, string type, string status, string source) =>
        new("Run", $"Run {id}", $"{type} · {status} · {source}", "runs", $"/runs/{id}");

    private static bool Has(string title, string text) => title.Contains(text, StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(3202, LogLevel.Error, "The search of the command palette failed unexpectedly")]
    internal static partial void LogFailure(ILogger log, Exception e);

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}-[0-9]{1,18}$")]
    private static partial Regex AlertNumber();
}
