using System.Net;
using System.Net.Sockets;

namespace Interop.Anomaly.Profiles;

/// <summary>The networks that an address belongs to.</summary>
internal static class Networks
{
    /// <summary>The network of a provider or a site: the first 16 bits of an IPv4 address, the first 32 of IPv6; null: no IP
    /// address.</summary>
    public static string? Of(string? address) => Prefix(address, 2, 4);

    /// <summary>The network of a ward or an office: 24 bits of IPv4, 64 of IPv6; null: no IP address.</summary>
    public static string? Subnet(string? address) => Prefix(address, 3, 8);

    private static string? Prefix(string? address, int bytes4, int bytes6)
    {
        if (address is null || !IPAddress.TryParse(address, out var parsed))
            return null;
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        return Convert.ToHexString(bytes[..(parsed.AddressFamily == AddressFamily.InterNetwork ? bytes4 : bytes6)]);
    }
}
