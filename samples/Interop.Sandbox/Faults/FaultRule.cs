using System.Text.Json;
using System.Text.Json.Serialization;

namespace Interop.Sandbox.Faults;

/// <summary>
/// When a fault fires and how. All conditions that a rule states must hold: `type`, `path`, `pages`, then `every`, then `rate`, and `times`
/// limits it. A rule without conditions fires on every request that its kind can apply to.
/// </summary>
public sealed record FaultRule
{
    public required FaultKind Kind { get; init; }

    /// <summary>Only requests for this resource type; a `next` link counts as its search's type.</summary>
    public string? Type { get; init; }

    /// <summary>Only requests whose path and query contain this.</summary>
    public string? Path { get; init; }

    /// <summary>Only these pages of a result; the first is 1.</summary>
    public int[]? Pages { get; init; }

    /// <summary>Only every n-th matching request.</summary>
    public int? Every { get; init; }

    /// <summary>The share of matching requests (for lateRows: of rows), drawn from the seed.</summary>
    public double Rate { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Fires at most this many times.</summary>
    public int? Times { get; init; }

    /// <summary>tooManyRequests, unavailable: the Retry-After header.</summary>
    public double? RetryAfterSeconds { get; init; }

    /// <summary>Retry-After as an HTTP date instead of seconds.</summary>
    public bool RetryAfterAsDate { get; init; }

    /// <summary>expiredPaging: the status instead of 410.</summary>
    public int? Status { get; init; }

    /// <summary>slowBody, slowHeaders: how long. lateRows: for how long the rows stay invisible. clockSkew: by how much, negative is
    /// behind.</summary>
    public double? Seconds { get; init; }

    /// <summary>brokenConnection, truncatedJson: the share of the body that arrives; a half if neither this nor `bytes` is given.</summary>
    public double? Fraction { get; init; }

    /// <summary>brokenConnection, truncatedJson: the bytes that arrive. hugeBody: its size, 256 MiB if not given.</summary>
    public long? Bytes { get; init; }

    /// <summary>includedEntries: how many patients; 2 if not given.</summary>
    public int? Count { get; init; }

    /// <summary>lateRows: the rows appear with the search after so many.</summary>
    public int? AfterSearches { get; init; }

    /// <summary>foreignNext: the other origin; http://127.0.0.1:1 if not given.</summary>
    public string? Origin { get; init; }

    /// <summary>wrongContentType: text/html if not given.</summary>
    public string? ContentType { get; init; }

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Refuse unknown properties: a misspelt condition would make the rule fire on every request.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    internal void Validate()
    {
        if (Rate is < 0 or > 1)
            throw new ArgumentException($"{Kind}: rate is a share between 0 and 1, not {Rate}.");
        if (Every < 1 || Times < 0 || Pages?.Any(page => page < 1) == true)
            throw new ArgumentException($"{Kind}: every and pages start at 1, times at 0.");
        if (Fraction is < 0 or > 1)
            throw new ArgumentException($"{Kind}: fraction is a share between 0 and 1, not {Fraction}.");
        if (Bytes < 0 || Count < 0 || RetryAfterSeconds < 0 || (Seconds < 0 && Kind != FaultKind.ClockSkew))
            throw new ArgumentException($"{Kind}: bytes, count, retryAfterSeconds and seconds must not be negative.");
        if (Status is < 400 or > 599)
            throw new ArgumentException($"{Kind}: status is an HTTP error, not {Status}.");
    }
}
