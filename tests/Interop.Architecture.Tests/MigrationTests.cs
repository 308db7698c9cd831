using System.Reflection;

namespace Interop.Architecture.Tests;

/// <summary>Two branches may take the same number for a migration; this shows it before the program refuses to start.</summary>
public sealed class MigrationTests
{
    [Theory]
    [InlineData("Interop.Grains")]
    [InlineData("Interop.Telemetry")]
    public void Every_migration_has_a_number_of_its_own_and_both_dialects_have_it(string project)
    {
        var assembly = Assembly.Load(project);
        var postgres = Numbers(assembly, "/Postgres/");

        Assert.NotEmpty(postgres);
        Assert.Equal(postgres.Distinct(), postgres);
        Assert.Equal(postgres, Numbers(assembly, "/Sqlite/"));
    }

    private static List<string> Numbers(Assembly assembly, string folder) =>
        [
            .. assembly
                .GetManifestResourceNames()
                .Select(name => name.Replace('\\', '/'))
                .Where(name => name.Contains(folder, StringComparison.Ordinal))
                .Select(name => name[(name.IndexOf(folder, StringComparison.Ordinal) + folder.Length)..].Split('_')[0])
                .Order(StringComparer.Ordinal),
        ];
}
