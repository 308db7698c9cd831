using System.Globalization;
using System.Net;

namespace Orleans.Runtime;

/// <summary>The address of one run of a silo: an endpoint and a generation that grows with every start.</summary>
[Immutable]
public sealed class SiloAddress : IEquatable<SiloAddress>
{
    private static int _lastGeneration;

    private SiloAddress(IPEndPoint endpoint, int generation)
    {
        Endpoint = endpoint;
        Generation = generation;
    }

    /// <summary>The IP address and port.</summary>
    [Id(0)]
    public IPEndPoint Endpoint { get; }

    /// <summary>Distinguishes the runs of a silo at one endpoint.</summary>
    [Id(1)]
    public int Generation { get; }

    /// <summary>The address of one run of a silo.</summary>
    public static SiloAddress New(IPEndPoint ep, int gen) => new(ep, gen);

    /// <summary>The address of one run of a silo.</summary>
    public static SiloAddress New(IPAddress address, int port, int generation) => new(new IPEndPoint(address, port), generation);

    /// <summary>
    /// Seconds since 2010-01-01: a later start of the same endpoint has a higher generation. Within a process no generation is given twice.
    /// </summary>
    public static int AllocateNewGeneration()
    {
        var now = (int)(DateTime.UtcNow - new DateTime(2010, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds;
        while (true)
        {
            var last = Volatile.Read(ref _lastGeneration);
            var next = Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _lastGeneration, next, last) == last)
                return next;
        }
    }

    /// <summary>The form <c>IP:PORT@GENERATION</c>.</summary>
    public string ToParsableString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint.Address}:{Endpoint.Port}@{Generation}");

    /// <inheritdoc/>
    public bool Equals(SiloAddress? other) => other is not null && Generation == other.Generation && Endpoint.Equals(other.Endpoint);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SiloAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Endpoint, Generation);

    /// <inheritdoc/>
    public override string ToString() => $"S{ToParsableString()}";
}
