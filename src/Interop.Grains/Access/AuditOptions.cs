using System.ComponentModel.DataAnnotations;

namespace Interop.Access;

/// <summary>The settings of the platform's own audit trail (section <c>Audit</c>).</summary>
public sealed record AuditOptions
{
    /// <summary>The folder of the records that the database does not have yet. One process at a time may use it.</summary>
    [Required]
    public string SpoolDirectory { get; set; } = "data/audit";

    /// <summary>The largest size of this folder in MiB. When it is full, audited requests get 503. The default value is 256.</summary>
    [Range(1, 1024 * 1024)]
    public int MaxSpoolMebibytes { get; set; } = 256;
}
