using Microsoft.Playwright;

namespace Interop.Browser.Tests;

/// <summary>The Chromium of this machine.</summary>
internal static class Chromium
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath =
                    Places.FirstOrDefault(File.Exists)
                    ?? throw new InvalidOperationException("Chromium is not installed: ./test.sh installs it"),
                Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            }
        );
}
