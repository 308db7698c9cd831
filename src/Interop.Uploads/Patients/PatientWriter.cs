using System.Text.Json;
using Interop.Fhir.Client;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Patients;

/// <summary>The ways to write a row, the best one first.</summary>
internal enum WriteMode
{
    /// <summary>One transaction with conditional entries: all of the row or nothing.</summary>
    Transaction,

    /// <summary>A conditional request for each resource.</summary>
    Conditional,

    /// <summary>A search before each write. The server does not prevent duplicates, so one file at a time writes a patient.</summary>
    SearchFirst,
}

/// <summary>
/// Writes rows in the best way that the server supports: as its CapabilityStatement says, or as it answers to the first rows. An instance
/// belongs to one file.
/// </summary>
internal sealed class PatientWriter(UploadTarget target)
{
    private volatile int _mode;

    public WriteMode Mode => (WriteMode)_mode;

    /// <summary>Asks the server what it supports. Without an answer, transactions are tried.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var metadata = await target.Reads.GetPageAsync(new Uri("metadata", UriKind.Relative), cancellationToken);
            var statement = metadata.Body.Memory;
            Lower(
                !CapabilityStatement.SupportsConditionalWrites(statement, "Patient", "Condition", "Observation") ? WriteMode.SearchFirst
                : !CapabilityStatement.SupportsTransactions(statement) ? WriteMode.Conditional
                : WriteMode.Transaction
            );
        }
        catch (Exception e) when (e is FhirRequestException or JsonException)
        {
            // The first row shows what the server supports, or that it is not available.
        }
    }

    /// <summary>Writes a row. Repeating it changes nothing on the server.</summary>
    /// <param name="row">The row's resources.</param>
    /// <param name="isLocked">No other file writes this patient.</param>
    /// <param name="cancellationToken">Cancels the requests.</param>
    public async Task<RowOutcome> WriteAsync(PatientResources row, bool isLocked, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var mode = Mode;
                switch (mode)
                {
                    case WriteMode.Transaction:
                        var written = await target.Writes.TransactionAsync(row.Transaction(), isRepeatable: true, cancellationToken);
                        if (written.IsSuccess)
                            return Succeeded(written.Entries.Select(Reference));
                        if (!written.IsNotSupported)
                            return WriteOutcomes.Of(written);
                        Lower(WriteMode.Conditional);
                        break;
                    case WriteMode.Conditional:
                        if (await WriteConditionallyAsync(row, cancellationToken) is { } outcome)
                            return outcome;
                        Lower(WriteMode.SearchFirst);
                        break;
                    case WriteMode.SearchFirst when !isLocked:
                        // The next try has the lock of its patient.
                        return RowOutcome.Unavailable("the server has no conditional writes: rows are searched before they are written");
                    default:
                        return await new SearchFirstWriter(target).WriteAsync(row, cancellationToken);
                }
            }
        }
        catch (FhirRequestException e)
        {
            return WriteOutcomes.Of(e);
        }
    }

    internal static RowOutcome Succeeded(IEnumerable<string?> references) =>
        new(OutcomeKind.Succeeded, JsonSerializer.Serialize(references.OfType<string>()));

    /// <summary>Type and id as the server names them; null when it did not.</summary>
    internal static string? Reference(FhirWriteResult result) => result.Id is null ? null : $"{result.ResourceType}/{result.Id}";

    /// <summary>Null: the server does not support conditional writes.</summary>
    private async Task<RowOutcome?> WriteConditionallyAsync(PatientResources row, CancellationToken cancellationToken)
    {
        var patient = await target.Writes.UpdateAsync("Patient", row.PatientCondition, row.Patient(id: null), cancellationToken);
        if (patient.IsNotSupported)
            return null;
        if (!patient.IsSuccess)
            return WriteOutcomes.Of(patient);
        var id = patient.Id ?? (await new SearchFirstWriter(target).FindAsync("Patient", row.PatientCondition, cancellationToken))[0];
        var references = new List<string?> { $"Patient/{id}" };
        for (var i = 0; i < row.Terms.Count; i++)
        {
            var term = await target.Writes.CreateAsync(
                row.Terms[i].ResourceType,
                row.Term(i, $"Patient/{id}"),
                row.Terms[i].Condition,
                cancellationToken
            );
            if (term.IsNotSupported)
                return null;
            if (!term.IsSuccess)
                return WriteOutcomes.Of(term);
            references.Add(Reference(term));
        }
        return Succeeded(references);
    }

    private void Lower(WriteMode mode) => _mode = Math.Max(_mode, (int)mode);
}

/// <summary>
/// Writes to a server without conditional operations: each resource is searched by its identifier; what exists is updated (Patient) or left
/// as it is (Condition, Observation), and what does not is created. A patient that exists several times is not written.
/// </summary>
internal sealed class SearchFirstWriter(UploadTarget target)
{
    /// <exception cref="FhirRequestException">A search failed.</exception>
    public async Task<RowOutcome> WriteAsync(PatientResources row, CancellationToken cancellationToken)
    {
        var known = await FindAsync("Patient", row.PatientCondition, cancellationToken);
        if (known.Count > 1)
            return RowOutcome.Refused(WriteOutcomes.SeveralMatches);
        var patient =
            known.Count == 0
                ? await target.Writes.CreateAsync("Patient", row.Patient(id: null), null, cancellationToken)
                : await target.Writes.UpdateAsync("Patient", known[0], row.Patient(known[0]), null, cancellationToken);
        if (!patient.IsSuccess)
            return WriteOutcomes.Of(patient);
        var id = known.Count > 0 ? known[0] : patient.Id ?? (await FindAsync("Patient", row.PatientCondition, cancellationToken))[0];
        var references = new List<string?> { $"Patient/{id}" };
        for (var i = 0; i < row.Terms.Count; i++)
        {
            var type = row.Terms[i].ResourceType;
            if (await FindAsync(type, row.Terms[i].Condition, cancellationToken) is [var existing, ..])
            {
                references.Add($"{type}/{existing}");
                continue;
            }
            var term = await target.Writes.CreateAsync(type, row.Term(i, $"Patient/{id}"), null, cancellationToken);
            if (!term.IsSuccess)
                return WriteOutcomes.Of(term);
            references.Add(PatientWriter.Reference(term));
        }
        return PatientWriter.Succeeded(references);
    }

    /// <summary>The ids of the resources that match; at most two.</summary>
    /// <exception cref="FhirRequestException">The search failed.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(string type, string condition, CancellationToken cancellationToken)
    {
        using var page = await target.Reads.GetPageAsync(new Uri($"{type}?{condition}&_count=2", UriKind.Relative), cancellationToken);
        return
        [
            .. page
                .Bundle.Entries.Where(entry => !entry.Resource.IsEmpty && entry.SearchMode is null or "match")
                .Select(entry => ResourceHeader.Read(entry.Resource.Span))
                .Where(header => header.ResourceType == type && header.Id is not null)
                .Select(header => header.Id!),
        ];
    }
}

/// <summary>What the answer of the FHIR server means for a row. The texts repeat no data of the row.</summary>
internal static class WriteOutcomes
{
    public const string SeveralMatches = "several resources on the server have this identifier: merge them there, then retry";

    public static RowOutcome Of(FhirWriteResult result)
    {
        var reason = result.Status is { } status ? Answered((int)status, result.IssueCodes) : result.Reason ?? "no answer";
        return result.Outcome switch
        {
            _ when (int?)result.Status is 401 or 403 => RowOutcome.Stop($"{reason}: check the credentials of the FHIR server"),
            FhirWriteOutcome.SeveralMatches => RowOutcome.Refused($"{reason}: {SeveralMatches}"),
            // After a conflict the row is submitted again.
            FhirWriteOutcome.Unavailable or FhirWriteOutcome.Uncertain or FhirWriteOutcome.Conflict => RowOutcome.Unavailable(
                reason,
                result.RetryAfter
            ),
            _ => RowOutcome.Refused(reason),
        };
    }

    public static RowOutcome Of(FhirRequestException e)
    {
        var reason = e.Status is { } status ? Answered((int)status, []) : e.Message;
        return (int?)e.Status is 401 or 403 ? RowOutcome.Stop($"{reason}: check the credentials of the FHIR server")
            : e.IsTransient ? RowOutcome.Unavailable(reason, e.RetryAfter)
            : RowOutcome.Refused(reason);
    }

    private static string Answered(int status, IReadOnlyCollection<string> codes) =>
        $"the server answered {status}{(codes.Count == 0 ? "" : $" ({string.Join(", ", codes)})")}";
}
