using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Interop.Storage;

/// <summary>One numbered step of the schema.</summary>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with line feeds: the line endings of a checkout do not change it.</summary>
    public string Checksum { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));

    /// <summary>The migrations that are embedded in an assembly under the folder for a dialect, in order.</summary>
    /// <exception cref="ArgumentException">There are none, a name is not NNNN_name.sql, or a number occurs twice.</exception>
    public static IReadOnlyList<Migration> FromResources(Assembly assembly, string folder, SqlDialect dialect)
    {
        var prefix = $"{folder}/{dialect}/";
        var migrations = new SortedDictionary<int, Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var path = resource.Replace('\\', '/');
            if (!path.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var file = path[prefix.Length..];
            var underscore = file.IndexOf('_', StringComparison.Ordinal);
            if (
                underscore != 4
                || !file.EndsWith(".sql", StringComparison.Ordinal)
                || !int.TryParse(file[..underscore], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                || version == 0
            )
                throw new ArgumentException($"The migration {path} is not named NNNN_name.sql with a number from 0001");
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            if (!migrations.TryAdd(version, new Migration(version, file[(underscore + 1)..^".sql".Length], reader.ReadToEnd())))
                throw new ArgumentException($"Two migrations under {prefix} have the number {version:0000}");
        }
        return migrations.Count > 0
            ? [.. migrations.Values]
            : throw new ArgumentException(
                $"{assembly.GetName().Name} has no resource {prefix}NNNN_name.sql: "
                    + $"embed the files with LogicalName=\"{folder}/%(RecursiveDir)%(Filename)%(Extension)\""
            );
    }
}
