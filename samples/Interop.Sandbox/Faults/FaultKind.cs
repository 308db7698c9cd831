namespace Interop.Sandbox.Faults;

/// <summary>What can go wrong with an upstream.</summary>
public enum FaultKind
{
    /// <summary>429, with Retry-After in seconds or as an HTTP date where the rule has one.</summary>
    TooManyRequests,

    /// <summary>503, with Retry-After where the rule has one.</summary>
    Unavailable,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>The body trickles over the rule's duration.</summary>
    SlowBody,

    /// <summary>The status line comes only after the rule's duration.</summary>
    SlowHeaders,

    /// <summary>The connection is reset in the middle of the body.</summary>
    BrokenConnection,

    /// <summary>200 and a complete HTTP body, whose JSON is cut.</summary>
    TruncatedJson,

    /// <summary>A `next` link answers 410, or the rule's status.</summary>
    ExpiredPaging,

    /// <summary>The page's `next` link leads to the same rows once more, and from there on.</summary>
    DuplicatedPage,

    /// <summary>An OperationOutcome among the entries, with search.mode outcome.</summary>
    OutcomeEntry,

    /// <summary>Patients among the entries, with search.mode include, although the client did not ask for them.</summary>
    IncludedEntries,

    /// <summary>200 with an OperationOutcome instead of a Bundle.</summary>
    OutcomeAnswer,

    /// <summary>200 with a resource that is no Bundle.</summary>
    NotABundle,

    /// <summary>One more entry that has no resource.</summary>
    EntryWithoutResource,

    /// <summary>One more entry, a match of a type that was not searched.</summary>
    EntryOfAnotherType,

    /// <summary>`next` is the page itself.</summary>
    RepeatedNext,

    /// <summary>A share of the rows stays invisible for the first searches or for some time, although stamped earlier.</summary>
    LateRows,

    /// <summary>The right body under the wrong Content-Type.</summary>
    WrongContentType,

    /// <summary>A body that does not end before the rule's size.</summary>
    HugeBody,

    /// <summary>`next` leads to another origin.</summary>
    ForeignNext,

    /// <summary>The `Date` header is off.</summary>
    ClockSkew,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>409: another write came first.</summary>
    Conflict,

    /// <summary>422: the server does not accept the content.</summary>
    Unprocessable,

    /// <summary>A file of an export answers 410.</summary>
    ExpiredExportFile,

    /// <summary>The status of an export answers 404, and its files are gone: the server has restarted.</summary>
    LostExport,

    /// <summary>The kick-off of an export is answered with 200 and a Bundle.</summary>
    SynchronousExport,

    /// <summary>The status of an export answers 202 for ever.</summary>
    EndlessExport,

    /// <summary>The manifest of an export names files of another origin.</summary>
    ForeignExportFile,

    /// <summary>A file of an export has resources of another type.</summary>
    WrongExportType,

    /// <summary>The last line of an export's file is cut.</summary>
    TruncatedExportLine,

    /// <summary>A file of an export ends after half of its resources.</summary>
    ShortExportFile,

    /// <summary>307 from an export's file to the same name at the rule's origin.</summary>
    RedirectedExportFile,

    /// <summary>The request is carried out, but after the rule's duration the connection is reset instead of an answer: a timeout after the
    /// write.</summary>
    LostAnswer,
}
