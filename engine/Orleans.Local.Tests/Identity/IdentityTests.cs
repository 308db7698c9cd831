using Orleans.Local.Tests.Support;

namespace Orleans.Local.Tests.Identity;

[Alias("tests.variant")]
public interface IVariantGrain : IGrainWithStringKey
{
    [Alias("Name")]
    Task<string> Name();
}

public sealed class FirstVariantGrain : Grain, IVariantGrain
{
    public Task<string> Name() => Task.FromResult("first");
}

[GrainType("tests-second")]
public sealed class SecondVariantGrain : Grain, IVariantGrain
{
    public Task<string> Name() => Task.FromResult("second");
}

public sealed class IdentityTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private const string Namespace = "Orleans.Local.Tests.Identity.";

    [Fact]
    public void A_grain_id_is_written_as_type_and_key_and_read_again()
    {
        var id = GrainId.Create("type", "a/b");
        Assert.Equal("type/a/b", id.ToString());
        Assert.Equal(id, GrainId.Parse("type/a/b"));
        Assert.False(GrainId.TryParse("type", out _));
        Assert.Equal((GrainType.Create("type"), IdSpan.Create("a/b")), (id.Type, id.Key));
        Assert.True(default(GrainId).IsDefault);
        Assert.Equal(id.GetUniformHashCode(), GrainId.Parse("type/a/b").GetUniformHashCode());
    }

    [Fact]
    public void Integers_and_guids_are_keys_and_are_read_again()
    {
        var guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        var ofInteger = GrainId.Create(GrainType.Create("type"), GrainIdKeyExtensions.CreateIntegerKey(-1));
        var ofGuid = GrainId.Create(GrainType.Create("type"), GrainIdKeyExtensions.CreateGuidKey(guid, "more"));
        Assert.Equal("FFFFFFFFFFFFFFFF", ofInteger.Key.ToString());
        Assert.Equal(-1, ofInteger.GetIntegerKey());
        Assert.Equal("00112233445566778899aabbccddeeff+more", ofGuid.Key.ToString());
        Assert.True(ofGuid.TryGetGuidKey(out var read, out var extension));
        Assert.Equal((guid, "more"), (read, extension));
        Assert.False(ofGuid.TryGetIntegerKey(out _, out _));
    }

    [Fact]
    public async Task A_prefix_chooses_one_of_the_classes_of_an_interface()
    {
        Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<IVariantGrain>("k"));
        Assert.Equal("first", await cluster.Client.GetGrain<IVariantGrain>("k", Namespace + nameof(FirstVariantGrain)).Name());
        Assert.Equal("second", await cluster.Client.GetGrain<IVariantGrain>("k", Namespace + nameof(SecondVariantGrain)).Name());
    }

    [Fact]
    public void A_grain_class_may_have_a_name_of_its_own_and_otherwise_has_that_of_the_class()
    {
        var first = cluster.Client.GetGrain<IVariantGrain>("k", Namespace + nameof(FirstVariantGrain));
        var second = cluster.Client.GetGrain<IVariantGrain>("k", Namespace + nameof(SecondVariantGrain));
        Assert.Equal("firstvariant/k", first.GetGrainId().ToString());
        Assert.Equal("tests-second/k", second.GetGrainId().ToString());
    }
}
