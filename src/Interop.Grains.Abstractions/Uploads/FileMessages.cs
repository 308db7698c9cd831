using System.Collections.Immutable;

namespace Interop.Uploads;

/// <summary>What a file holds and where its rows go.</summary>
public enum FileKind
{
    /// <summary>Patients for a FHIR server.</summary>
    Fhir,

    /// <summary>Records of ICD-11 Traditional Medicine Module 2 for OpenMRS.</summary>
    Tm2,
}

/// <summary>The states of a file.</summary>
public static class FileStatus
{
    /// <summary>Bytes are coming in.</summary>
    public const string Receiving = "RECEIVING";

    /// <summary>Rows are being submitted.</summary>
    public const string Running = "RUNNING";

    /// <summary>The upstream is not configured; rows stay pending.</summary>
    public const string Waiting = "WAITING";

    /// <summary>No row is pending.</summary>
    public const string Completed = "COMPLETED";

    /// <summary>The upstream refused every row; rows stay pending.</summary>
    public const string Failed = "FAILED";

    /// <summary>The submission was ended on request.</summary>
    public const string Cancelled = "CANCELLED";

    /// <summary>Whether the file is still received or submitted.</summary>
    public static bool IsActive(string status) => status is Receiving or Running;
}

/// <summary>The states of a row.</summary>
public static class RowStatus
{
    /// <summary>Stored; it is not decided yet whether another row has the same record.</summary>
    public const string Received = "received";

    /// <summary>Waits for its submission.</summary>
    public const string Pending = "pending";

    /// <summary>The upstream has it.</summary>
    public const string Succeeded = "succeeded";

    /// <summary>The upstream refused it, or was not available for too long.</summary>
    public const string Failed = "failed";

    /// <summary>The row itself is wrong; it is never submitted.</summary>
    public const string Invalid = "invalid";

    /// <summary>An earlier row has the same record.</summary>
    public const string Duplicate = "duplicate";
}

/// <summary>A new file.</summary>
/// <param name="Filename">As the sender named it; never used as a path.</param>
/// <param name="Profile">The mapping profile; null for the default one.</param>
/// <param name="Length">The bytes that the sender announces, including those of the form around the file; null when it announces
/// none.</param>
[GenerateSerializer, Immutable, Alias("Interop.FileRequest")]
public sealed record FileRequest(FileKind Kind, string Filename, string? Profile, long? Length = null);

/// <summary>A piece of a file.</summary>
/// <param name="Bytes">They must not be changed after the call.</param>
[GenerateSerializer, Immutable, Alias("Interop.FileChunk")]
public sealed record FileChunk(ReadOnlyMemory<byte> Bytes);

/// <summary>Why a file is not taken.</summary>
public enum FileRefusalReason
{
    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>There is a header and no row.</summary>
    HeaderOnly,

    /// <summary>Required columns are missing; the message lists them.</summary>
    MissingColumns,

    /// <summary>The bytes are not text in UTF-8 or Windows-1252.</summary>
    Encoding,

    /// <summary>The text is not CSV.</summary>
    Parse,

    /// <summary>The file is longer than the limit.</summary>
    TooLarge,

    /// <summary>There is no such mapping profile.</summary>
    UnknownProfile,
}

/// <summary>A file that is not taken.</summary>
/// <param name="Line">The line of the problem, if it has one; the header is line 1.</param>
[GenerateSerializer, Immutable, Alias("Interop.FileRefusal")]
public sealed record FileRefusal(FileRefusalReason Reason, string Message, long? Line);

/// <summary>The state of a file: committed work only. <c>Rows = Pending + Succeeded + Failed + Invalid + Duplicates</c>.</summary>
[GenerateSerializer, Immutable, Alias("Interop.FileProgress")]
public sealed record FileProgress(
    Guid FileId,
    FileKind Kind,
    string Filename,
    string Status,
    long Rows,
    long Pending,
    long Succeeded,
    long Failed,
    long Invalid,
    long Duplicates,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    ImmutableArray<string> UnknownTerms
);

/// <summary>One row of a file.</summary>
/// <param name="Outcome">The ids on the upstream as JSON.</param>
[GenerateSerializer, Immutable, Alias("Interop.RowState")]
public sealed record RowState(long Line, string Status, string? Error, string? Outcome, long Attempts);

/// <summary>Totals over files.</summary>
[GenerateSerializer, Immutable, Alias("Interop.FileTotals")]
public sealed record FileTotals(long Files, long Rows, long Pending, long Succeeded, long Failed, long Invalid, long Duplicates);

/// <summary>The OpenMRS server.</summary>
/// <param name="BaseUrl">Null when none is configured.</param>
[GenerateSerializer, Immutable, Alias("Interop.OpenMrsState")]
public sealed record OpenMrsState(string? BaseUrl, bool IsReachable, long Requests, long PatientsCreated);

/// <summary>The first rows of a file.</summary>
/// <param name="Rows">Each with the FHIR resources that it would become, or with what is wrong.</param>
[GenerateSerializer, Immutable, Alias("Interop.FilePreview")]
public sealed record FilePreview(FileRefusal? Refusal, ImmutableArray<PreviewRow> Rows);

/// <summary>A row of a preview.</summary>
/// <param name="Problem">Why the row is bad; null for a good one.</param>
/// <param name="Bundle">The transaction that would be sent to the FHIR server; null for a bad row and for a TM2 record.</param>
/// <param name="Fields">The columns that are read, in the order of the format.</param>
[GenerateSerializer, Immutable, Alias("Interop.PreviewRow")]
public sealed record PreviewRow(long Line, string? Problem, JsonText? Bundle, ImmutableArray<PreviewField> Fields);

/// <summary>A field of a previewed row.</summary>
/// <param name="Column">The column of the file.</param>
/// <param name="Value">What the file has.</param>
/// <param name="Mapped">What would be sent; null when the row is bad or the field is empty.</param>
[GenerateSerializer, Immutable, Alias("Interop.PreviewField")]
public sealed record PreviewField(string Column, string Value, string? Mapped);

/// <summary>A part of the failed and invalid rows of a file, as CSV.</summary>
/// <param name="Text">The columns of the file with the line, the state and the reason of each row; the first part has the header.</param>
/// <param name="NextLine">Where the next part begins; null after the last part.</param>
[GenerateSerializer, Immutable, Alias("Interop.FailedRows")]
public sealed record FailedRows(string Text, long? NextLine);
