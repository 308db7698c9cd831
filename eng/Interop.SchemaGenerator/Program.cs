using System.Text;

namespace Interop.SchemaGenerator;

/// <summary>
/// Writes the schema table: <c>--definitions DIR</c> (the folder with profiles-types.json, profiles-resources.json and the terminology
/// files) and <c>--output FILE</c>. With <c>--check</c> nothing is written: the table is made twice and must have the same bytes both times
/// and the bytes of the file. Exit codes: 0 done or equal, 1 different, 2 wrong arguments or definitions.
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var definitions = Option(args, "--definitions");
        var output = Option(args, "--output");
        if (definitions is null || output is null)
        {
            Console.Error.WriteLine("usage: Interop.SchemaGenerator --definitions DIR --output FILE [--check]");
            return 2;
        }

        try
        {
            var table = Generate(definitions);
            if (args.Contains("--check"))
                return Check(table, Generate(definitions), output);

            File.WriteAllBytes(output, table);
            Console.WriteLine($"{output}: {table.Length:N0} bytes");
            return 0;
        }
        catch (Exception e) when (e is DefinitionException or IOException or System.Text.Json.JsonException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static byte[] Generate(string folder)
    {
        using var definitions = Definitions.Load(folder);
        return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(new SchemaTableWriter(definitions).Write());
    }

    private static int Check(byte[] first, byte[] second, string output)
    {
        if (!first.AsSpan().SequenceEqual(second))
        {
            Console.Error.WriteLine("Two runs over the same definitions gave different bytes.");
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
