namespace Interop.Uploads.Csv;

/// <summary>The limits of a CSV file.</summary>
internal static class CsvLimits
{
    public const int MostColumns = 200;

    /// <summary>The bytes of one row. A quote that is never closed ends here.</summary>
    public const int MostRowBytes = 64 * 1024;
}

/// <summary>The file cannot be read as CSV.</summary>
internal sealed class CsvException(FileRefusalReason reason, string message, long line) : Exception(message)
{
    public FileRefusalReason Reason => reason;

    public long Line => line;
}
