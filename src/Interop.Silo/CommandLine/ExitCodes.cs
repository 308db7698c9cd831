namespace Interop.Silo.CommandLine;

/// <summary>The exit codes of every command.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>The command ran, and the processed data has errors: a failed run, an invalid resource, a bad line.</summary>
    public const int Failure = 1;

    /// <summary>The command could not run: a bad argument or setting, a file that cannot be read, a database that cannot be
    /// reached.</summary>
    public const int Refused = 2;

    /// <summary>Ctrl-C or SIGTERM ended the command before its end.</summary>
    public const int Cancelled = 130;
}
