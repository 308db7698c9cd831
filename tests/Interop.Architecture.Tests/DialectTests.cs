using System.Reflection;

namespace Interop.Architecture.Tests;

/// <summary>What the formatter and the compiler do not check: the length of lines that it cannot break, and the name of one
/// parameter.</summary>
public sealed class DialectTests
{
    private const int MaxColumns = 140;

    public static TheoryData<string> Assemblies =>
        [.. Directory.GetFiles(AppContext.BaseDirectory, "Interop.*.dll").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Fact]
    public void A_line_of_more_than_140_columns_holds_a_text()
    {
        // The formatter breaks code. It leaves texts as they are, and comments.
        var faults =
            from file in SourceFiles()
            from line in LongLines(file)
            where !line.IsText
            select $"{Path.GetRelativePath(Root, file)}:{line.Number}";

        Assert.Empty(faults);
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_parameter_of_type_CancellationToken_is_called_cancellationToken(string assembly)
    {
        var faults =
            from type in Assembly.Load(assembly).GetTypes()
            where !type.FullName!.Contains('<', StringComparison.Ordinal)
            from method in type.GetMethods(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly
            )
            where !method.IsSpecialName && !method.Name.Contains('<', StringComparison.Ordinal)
            from parameter in method.GetParameters()
            where parameter.ParameterType == typeof(CancellationToken)
            // BackgroundService of .NET names it stoppingToken, and an override keeps the name.
            where parameter.Name is not ("cancellationToken" or "stoppingToken")
            select $"{type.FullName}.{method.Name}({parameter.Name})";

        Assert.Empty(faults);
    }

    internal static string Root { get; } = FindRoot();

    private static IEnumerable<string> SourceFiles() =>
        from folder in new[] { "src", "engine", "tests", "samples", "bench" }
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        select file;

    /// <summary>Lines that are too long; text is a line with a string literal, or inside a raw one.</summary>
    private static IEnumerable<(int Number, bool IsText)> LongLines(string file)
    {
        var inRawText = false;
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var isComment = !inRawText && line.TrimStart().StartsWith("//", StringComparison.Ordinal);
            if (line.Length > MaxColumns)
                yield return (number, !isComment && (inRawText || line.Contains('"', StringComparison.Ordinal)));
            if (!isComment && line.Split("\"\"\"").Length % 2 == 0)
                inRawText = !inRawText;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("no folder above the tests holds Interop.sln");
    }
}
