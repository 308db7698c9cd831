using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Interop.Bench.Telemetry;
using Interop.TestServers;
using Microsoft.Playwright;
using IRequest = Microsoft.Playwright.IRequest;

namespace Interop.Bench.Dashboard;

/// <summary>
/// <c>dashboard</c>: how soon the first page is interactive in a real browser and what it loads, how soon pages over a long history answer
/// a filter on both databases, and what open dashboards cost the server.
/// </summary>
internal static class DashboardBench
{
    private const int Repetitions = 7;
    private static readonly string[] Parts = ["load", "filters", "memory"];

    /// <summary>Pages share what was read within the last seconds; a filter must be read again.</summary>
    private static readonly TimeSpan ShareTime = TimeSpan.FromSeconds(6);

    public static Command Create()
    {
        var part = new Option<string>("--part") { Description = "load, filters or memory", DefaultValueFactory = _ => "load" };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 100_000 };
        var alerts = new Option<int>("--alerts") { DefaultValueFactory = _ => 1_000_000 };
        var pages = new Option<int>("--pages") { Description = "Open dashboards", DefaultValueFactory = _ => 200 };
        var postgres = new Option<bool>("--postgres") { Description = "On PostgreSQL instead of SQLite" };
        var command = new Command("dashboard", "Time to interactive, filters over a long history, memory of open dashboards")
        {
            part,
            runs,
            alerts,
            pages,
            postgres,
        };
        part.AcceptOnlyFromAmong(Parts);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await using var server = parsed.GetValue(postgres)
                    ? await PostgresServer.StartNewAsync(cancellationToken: cancellationToken)
                    : null;
                using var folder = new TemporaryFolder();
                var data = folder.File("data");
                var url = server is null ? "" : await server.CreateDatabaseAsync("dashboard", cancellationToken);
                await (
                    parsed.GetValue(part) switch
                    {
                        "filters" => FiltersAsync(data, url, parsed.GetValue(runs), parsed.GetValue(alerts)),
                        "memory" => MemoryAsync(data, url, parsed.GetValue(pages)),
                        _ => LoadAsync(data, url),
                    }
                );
                return 0;
            }
        );
        return command;
    }

    private static Task<ServedProcess> ServeAsync(string data, string url)
    {
        List<(string, string)> settings =
        [
            ("INTEROP_DATA", data),
            ("LOG_LEVEL", "Warning"),
            ("FHIR_BASE_URL", "http://127.0.0.1:1/fhir"),
            ("FHIR_POLLING_ENABLED", "false"),
        ];
        if (url.Length > 0)
            settings.Add(("DB_URL", url));
        return ServedProcess.StartAsync("Interop.Silo", ["serve", "--port", "0"], [.. settings]);
    }

    private static async Task LoadAsync(string data, string url)
    {
        await using var server = await ServeAsync(data, url);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchAsync(playwright);
        var (first, bytes) = await OpenAsync(browser, server.Address);
        Console.WriteLine($"first page after the start of the server: {first:0} ms");
        Console.WriteLine($"bytes of the first load: {bytes.Sum(file => file.Bytes):N0}");
        foreach (var file in bytes.OrderByDescending(file => file.Bytes))
            Console.WriteLine($"  {file.Bytes, 8:N0}  {file.Path}");
        var cold = new List<double>();
        for (var i = 0; i < Repetitions; i++)
            cold.Add((await OpenAsync(browser, server.Address)).Milliseconds);
        Console.WriteLine($"empty cache: {Summary(cold)}");

        await using var context = await NewContextAsync(browser);
        var page = await context.NewPageAsync();
        var warm = new List<double>();
        for (var i = 0; i <= Repetitions; i++)
        {
            await page.GotoAsync(server.Address.AbsoluteUri);
            var milliseconds = await InteractiveAsync(page);
            if (i > 0)
                warm.Add(milliseconds);
        }

        Console.WriteLine($"filled cache: {Summary(warm)}");
    }

    /// <summary>Opens the first page in a browser with an empty cache.</summary>
    private static async Task<(double Milliseconds, List<(string Path, long Bytes)> Loaded)> OpenAsync(IBrowser browser, Uri address)
    {
        await using var context = await NewContextAsync(browser);
        var page = await context.NewPageAsync();
        var finished = new List<IRequest>();
        page.RequestFinished += (_, request) => finished.Add(request);
        await page.GotoAsync(address.AbsoluteUri);
        var milliseconds = await InteractiveAsync(page);
        var loaded = new List<(string, long)>();
        foreach (var request in finished.ToList())
        {
            var sizes = await request.SizesAsync();
            loaded.Add((new Uri(request.Url).AbsolutePath, sizes.ResponseBodySize + sizes.ResponseHeadersSize));
        }

        return (milliseconds, loaded);
    }

    /// <summary>From the navigation to the moment in which the page has its connection, so that its buttons work, by the browser's own
    /// clock.</summary>
    private static async Task<double> InteractiveAsync(IPage page)
    {
        await page.Locator(".shell[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        return await page.EvaluateAsync<double>("window.interactiveAt");
    }

    private static async Task<IBrowserContext> NewContextAsync(IBrowser browser)
    {
        var context = await browser.NewContextAsync();
        context.SetDefaultTimeout(180_000);
        context.SetDefaultNavigationTimeout(180_000);
        await context.AddInitScriptAsync(
            """
            new MutationObserver(() => {
              if (window.interactiveAt === undefined && document.querySelector('.shell[data-live]')) window.interactiveAt = performance.now();
            }).observe(document, { childList: true, subtree: true, attributes: true });
            """
        );
        return context;
    }

    private static Task<IBrowser> LaunchAsync(IPlaywright playwright, params string[] arguments) =>
        playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = "/usr/bin/chromium",
                Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", .. arguments],
            }
        );

    private static async Task FiltersAsync(string data, string url, int runs, int alerts)
    {
        await using (await ServeAsync(data, url))
        {
            // It makes the tables.
        }

        var connection = url.Length > 0 ? url : Path.Combine(data, "interop.db");
        await FilledStores.AddRunsAsync(connection, runs);
        await FilledStores.AddAlertsAsync(connection, alerts);
        await FilledStores.AddVerdictsAsync(connection, alerts / 500);
        await FilledStores.AddFilesAsync(connection, 10_000);
        await FilledStores.AddTelemetryAsync(url.Length > 0 ? url : Path.Combine(data, "telemetry.db"), alerts);
        await QueryBench.RunAsync(data, url);

        await using var server = await ServeAsync(data, url);
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("Accept", "text/html");
        var times = Pages.ToDictionary(page => page, _ => new List<double>());
        for (var round = 0; round <= Repetitions; round++)
        {
            var began = Stopwatch.GetTimestamp();
            foreach (var page in Pages)
            {
                var start = Stopwatch.GetTimestamp();
                var html = await http.GetStringAsync(page);
                if (html.Contains("could not be brought up to date", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{page} failed");
                if (round > 0)
                    times[page].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            var rest = ShareTime - Stopwatch.GetElapsedTime(began);
            if (rest > TimeSpan.Zero)
                await Task.Delay(rest);
        }

        Console.WriteLine(
            $"{runs:N0} runs, {alerts:N0} alerts, {(url.Length > 0 ? "PostgreSQL" : "SQLite")}: the whole page, its HTML included"
        );
        foreach (var (page, milliseconds) in times)
            Console.WriteLine($"  {page, -40} {Summary(milliseconds)}");
    }

    private static readonly string[] Pages =
    [
        "/",
        "/runs",
        "/runs?status=FAILED",
        "/runs?status=CANCELLED",
        "/runs?type=Patient",
        "/runs?source=north",
        "/runs?job=nightly-7",
        "/runs?job=none",
        "/runs?period=24h",
        "/runs?before=5000",
        "/alerts",
        "/alerts?severity=HIGH",
        "/alerts?severity=MEDIUM",
        "/alerts?severity=LOW",
        "/alerts?status=open",
        "/alerts?status=confirmed",
        "/alerts?status=dismissed",
        "/alerts?status=suppressed",
        "/alerts?agent=Practitioner%2Fprac-7",
        "/alerts?agent=nobody",
        "/alerts?severity=HIGH&agent=Practitioner%2Fprac-20",
        "/alerts?when=7",
        "/uploads",
        "/telemetry",
    ];

    private static async Task MemoryAsync(string data, string url, int pages)
    {
        await using var server = await ServeAsync(data, url);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await LaunchAsync(playwright, "--renderer-process-limit=2", "--disable-background-timer-throttling");
        await using var context = await NewContextAsync(browser);
        // The server has served pages before: what it loads once is no cost of a page.
        for (var i = 0; i < 5; i++)
            await OpenAsync(browser, server.Address);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var idle = server.ResidentBytes;
        Console.WriteLine($"idle: {Megabytes(idle)}");
        var opened = Stopwatch.GetTimestamp();
        for (var i = 1; i <= pages; i++)
        {
            var page = await context.NewPageAsync();
            await page.GotoAsync(server.Address.AbsoluteUri);
            await InteractiveAsync(page);
            if (i % 50 == 0)
                Console.WriteLine(
                    $"{i} pages: {Megabytes(server.ResidentBytes - idle)} above idle, {Stopwatch.GetElapsedTime(opened).TotalSeconds:0} s"
                );
        }

        var cpu = server.Cpu;
        var from = Stopwatch.GetTimestamp();
        var largest = 0L;
        for (var i = 0; i < 20; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            largest = Math.Max(largest, server.ResidentBytes);
        }

        var share = (server.Cpu - cpu) / Stopwatch.GetElapsedTime(from);
        Console.WriteLine(
            $"{pages} open pages for 20 s: {Megabytes(largest - idle)} above idle at most, {Megabytes(server.PeakBytes)} peak of the process, {share:P0} of a core"
        );
    }

    private static string Megabytes(long bytes) => $"{(bytes / 1e6).ToString("0", CultureInfo.InvariantCulture)} MB";

    private static string Summary(List<double> milliseconds)
    {
        milliseconds.Sort();
        return $"{milliseconds[milliseconds.Count / 2], 6:0} ms (median of {milliseconds.Count}), {milliseconds[0]:0} to {milliseconds[^1]:0} ms";
    }
}
