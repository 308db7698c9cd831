using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>A browser window that records errors on the console and requests to another host, which no page may cause.</summary>
internal sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    public Window(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page) = (context, page);
        page.SetDefaultTimeout(20_000);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !IsOfRestart(message.Text))
                Errors.Add($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => Errors.Add($"exception: {error}");
        page.Request += (_, request) =>
        {
            var url = new Uri(request.Url);
            if (url.Scheme is not "data" && (url.Host != address.Host || url.Port != address.Port))
                Foreign.Add(request.Url);
        };
    }

    public IPage Page { get; }

    public List<string> Errors { get; } = [];

    public List<string> Foreign { get; } = [];

    /// <summary>Opens a page and waits until it has its connection.</summary>
    public async Task GoToAsync(string path)
    {
        await Page.GotoAsync(path);
        await ConnectedAsync();
    }

    /// <summary>Waits until the page has its connection: only then do its buttons work.</summary>
    public Task ConnectedAsync() =>
        Page.Locator(".shell[data-live], #sign-in").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });

    /// <summary>Violations of WCAG 2.2 AA.</summary>
    public async Task<IReadOnlyList<string>> AxeAsync()
    {
        var result = await Page.RunAxe(
            new AxeRunOptions
            {
                RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
            }
        );
        return [.. result.Violations.Select(v => $"{v.Id}: {v.Help}\n  {string.Join("\n  ", v.Nodes.Take(5).Select(n => n.Html))}")];
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    /// <summary>While the server of a test is down, the browser reports each attempt to reach it.</summary>
    private static bool IsOfRestart(string text) => text.Contains("net::ERR_CONNECTION_REFUSED", StringComparison.Ordinal);
}
