using System.Text;

namespace Interop.SchemaGenerator;

/// <summary>
/// Writes the schema table and the vital signs profiles: <c>--definitions DIR</c> (the folder with profiles-types.json,
/// profiles-resources.json, profiles-others.json and the terminology files), <c>--output FILE</c> and <c>--vital-signs FILE</c>. With
/// <c>--check</c> nothing is written: both are made twice and must have the same bytes both times and the bytes of the files. Exit codes: 0
/// done or equal, 1 different, 2 wrong arguments or definitions.
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var folder = Option(args, "--definitions");
        var table = Option(args, "--output");
        var vitalSigns = Option(args, "--vital-signs");
        if (folder is null || table is null || vitalSigns is null)
        {
            Console.Error.WriteLine("usage: Interop.SchemaGenerator --definitions DIR --output FILE --vital-signs FILE [--check]");
            return 2;
        }

        try
        {
            var (tableBytes, vitalSignsBytes) = Generate(folder);
            if (args.Contains("--check"))
            {
                var again = Generate(folder);
                return Math.Max(Check(tableBytes, again.Table, table), Check(vitalSignsBytes, again.VitalSigns, vitalSigns));
            }

            Write(table, tableBytes);
            Write(vitalSigns, vitalSignsBytes);
            return 0;
        }
        catch (Exception e) when (e is DefinitionException or IOException or System.Text.Json.JsonException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static (byte[] Table, byte[] VitalSigns) Generate(string folder)
    {
        using var definitions = Definitions.Load(folder);
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return (utf8.GetBytes(new SchemaTableWriter(definitions).Write()), utf8.GetBytes(VitalSignsWriter.Write(folder, definitions)));
    }

    private static void Write(string file, byte[] bytes)
    {
        File.WriteAllBytes(file, bytes);
        Console.WriteLine($"{file}: {bytes.Length:N0} bytes");
    }

    private static int Check(byte[] first, byte[] second, string output)
    {
        if (!first.AsSpan().SequenceEqual(second))
        {
            Console.Error.WriteLine($"{output}: two runs over the same definitions gave different bytes.");
            return 1;
        }

        if (!File.Exists(output) || !first.AsSpan().SequenceEqual(File.ReadAllBytes(output)))
        {
            Console.Error.WriteLine($"{output} is not what the definitions give. Run the generator without --check and commit the result.");
            return 1;
        }

        Console.WriteLine($"{output}: reproducible and up to date ({first.Length:N0} bytes)");
        return 0;
    }

    private static string? Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}

/// <summary>The definitions hold something that this generator does not know how to put into the table.</summary>
internal sealed class DefinitionException(string message) : Exception(message);
