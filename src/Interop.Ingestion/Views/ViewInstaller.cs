using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Interop.Fhir.Views;
using Interop.Views;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Interop.Ingestion.Views;

/// <summary>
/// Installs the platform's views and the user's view files at start, before any run. A bad file is logged with its place and reason, and
/// its view stays as it was. Runs that this begins are resumed together with interrupted ones.
/// </summary>
internal sealed partial class ViewInstaller(ViewChanges changes, ViewCatalog catalog, ViewFiles files, ILogger<ViewInstaller> log)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var known = await catalog.RefreshAsync(cancellationToken);
        var given = await InstallFilesAsync(cancellationToken);
        foreach (var name in PlatformViews.Names.Where(name => !given.Contains(name)))
        {
            if (known.Find(name)?.Record is not { } record || (record.NextOrigin ?? record.Origin) != ViewOrigin.Api)
                await PutAsync(Encoding.UTF8.GetString(DefaultViews.Read(name)), ViewOrigin.Platform, name, cancellationToken);
        }

        foreach (var name in await changes.OutdatedAsync(cancellationToken))
        {
            var change = await changes.RebuildAsync(name, cancellationToken);
            LogOutdated(name, change.RunId);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The names of the views that files give, usable or not: a bad file must not bring the platform's view back.</summary>
    private async Task<HashSet<string>> InstallFilesAsync(CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var refused = ImmutableArray.CreateBuilder<RefusedView>();
        foreach (var (file, text, unreadable) in files.Read())
        {
            var problem = unreadable;
            if (text is not null)
            {
                var name = NameOf(text) ?? Path.GetFileNameWithoutExtension(file);
                problem = given.TryAdd(name, file)
                    ? await PutAsync(text, ViewOrigin.File, file, cancellationToken)
                    : $"name: the view {name} is also given by {given[name]}";
            }

            if (problem is null)
                continue;
            LogRefused(file, problem);
            refused.Add(new RefusedView(file, problem));
        }

        files.Refused = refused.ToImmutable();
        return given.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Null, or the reason why the definition is not used.</summary>
    private async Task<string?> PutAsync(string json, string origin, string from, CancellationToken cancellationToken)
    {
        try
        {
            var change = await changes.PutAsync(json, origin, cancellationToken);
            if (change.Outcome == ViewOutcome.Building)
                LogBuilding(from, change.RunId);
            return change.Reason;
        }
        catch (ViewDefinitionException e)
        {
            return e.Message;
        }
    }

    private static string? NameOf(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return
                json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("name", out var name)
                && name.ValueKind == JsonValueKind.String
                ? name.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null; // compiling the view reports it with its place
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "The view of {File} is not used: {Reason}")]
    private partial void LogRefused(string file, string reason);

    [LoggerMessage(2303, LogLevel.Information, "The table of view {Name} has the layout of an older program; run {RunId} fills a new one")]
    private partial void LogOutdated(string name, long? runId);

    [LoggerMessage(2302, LogLevel.Information, "The view of {File} is new or changed; run {RunId} fills its table")]
    private partial void LogBuilding(string file, long? runId);
}
