namespace Interop.Discovery;

/// <summary>The sender and the receiver of XCPD messages (section <c>Xcpd</c>).</summary>
public sealed record XcpdOptions
{
    /// <summary>The OID of this gateway.</summary>
    public string SenderOid { get; set; } = "1.2.840.114350.1.13.99997.2.7788";

    /// <summary>The OID of the responding gateway.</summary>
    public string ReceiverOid { get; set; } = "1.2.840.114350.1.13.99999.4567";
}
