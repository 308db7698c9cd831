using Interop.Storage;

namespace Interop.Discovery;

/// <summary>The table <c>patient_key_check</c>: one row, which tells whether a process has the secret with which the stored patient keys
/// were made.</summary>
internal static class PatientKeyStore
{
    /// <summary>Stores the check value if there is none, and returns the stored one.</summary>
    public static async Task<string> ClaimAsync(DbSession session, string check, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "INSERT INTO patient_key_check (id, value) VALUES (1, @Check) ON CONFLICT DO NOTHING",
            new { Check = check },
            cancellationToken
        );
        return (await session.ScalarAsync<string>("SELECT value FROM patient_key_check WHERE id = 1", null, cancellationToken))!;
    }
}
