using Interop.Access;

namespace Interop.Dashboard.Access;

/// <summary>
/// Records in the audit trail what the user of a page looks at and does. A record is on a disk before the page shows the data; while
/// records cannot be kept, nothing is shown and nothing is changed.
/// </summary>
public sealed class AuditLog(CurrentUser user, IGrainFactory grains, TimeProvider time)
{
    private const int Ok = 200;

    /// <param name="action">What the user does.</param>
    /// <param name="operation">The page, or the action on it.</param>
    /// <param name="path">The page's address without its query. It never holds a patient's data.</param>
    /// <param name="patient">The patient as <c>Patient/ID</c>, when one is looked at.</param>
    public async Task RecordAsync(AuditAction action, string operation, string path, string? patient = null)
    {
        var id = Guid.NewGuid().ToString("N");
        var record = new AuditRecord(
            $"interop-{id}",
            time.GetUtcNow(),
            action,
            operation,
            PatientLinks.WithoutKey(path),
            null,
            patient,
            await user.NameAsync(),
            await user.RoleAsync(),
            await user.AddressAsync(),
            Ok,
            id
        );
        await grains.GetGrain<IAuditTrailGrain>(0).Record([record]);
    }
}
