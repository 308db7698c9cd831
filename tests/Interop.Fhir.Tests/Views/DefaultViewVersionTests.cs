using System.Security.Cryptography;
using Interop.Fhir.Views;

namespace Interop.Fhir.Tests.Views;

public sealed class DefaultViewVersionTests
{
    // When this fails, a view has changed: increase DefaultViews.Version and put the new hash here. Otherwise silos of two versions, which
    // share a
    // database during an upgrade, would replace each other's views.
    [Fact]
    public void A_change_of_a_view_increases_the_version()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in DefaultViews.All.Keys.Order(StringComparer.Ordinal))
            hash.AppendData(DefaultViews.Read(name));

        Assert.Equal(
            (1, "85c22698324dda492474a3aa196cc5a160aba4ab8b5ed0dfc993207161d6f9a6"),
            (DefaultViews.Version, Convert.ToHexStringLower(hash.GetHashAndReset()))
        );
    }
}
