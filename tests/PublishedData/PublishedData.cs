namespace Interop.Tests;

/// <summary>
/// The folder of published data that is not part of the repository (Synthea's patients, the standards' examples and suites):
/// INTEROP_TEST_DATA, or shared/data beside the checkout.
/// </summary>
internal static class PublishedData
{
    private static readonly string? Root = FindRoot();

    /// <summary>The path of a folder of the data, such as synthea-100; null when it is missing.</summary>
    public static string? Find(string folder) =>
        Root is not null && Path.Combine(Root, folder) is var path && Directory.Exists(path) ? path : null;

    /// <exception cref="DirectoryNotFoundException">It is not here.</exception>
    public static string Require(string folder) => Find(folder) ?? throw new DirectoryNotFoundException(WhyNot(folder));

    public static string WhyNot(string folder) => $"{folder} is neither in INTEROP_TEST_DATA nor in shared/data beside the checkout";

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("INTEROP_TEST_DATA") is { Length: > 0 } given)
            return given;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
                return folder.Parent is null ? null : Path.Combine(folder.Parent.FullName, "shared", "data");
        }

        return null;
    }
}
