using Microsoft.Extensions.Options;

namespace Interop.Discovery.Tests;

public sealed class PatientKeysTests : IDisposable
{
    private static readonly Demographics Ada = new("Ada", "Example", "1970-01-31");
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-keys-").FullName;

    private string KeyFile => Path.Combine(_folder, "patient.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_file_of_the_secret_is_created_for_its_owner_only_and_used_again()
    {
        var key = FromFile().Of(Ada);
        Assert.Equal(key, FromFile().Of(Ada));
        Assert.Equal(64, File.ReadAllText(KeyFile).Length);
        Assert.Single(Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public async Task Processes_that_start_at_the_same_time_agree_on_one_secret()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => FromFile().Of(Ada))));
        Assert.Single(keys.Distinct());
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Another_secret_makes_another_key()
    {
        var key = With(new string('a', 32)).Of(Ada);
        Assert.NotEqual(key, With(new string('b', 32)).Of(Ada));
        Assert.NotEqual(key, FromFile().Of(Ada));
        Assert.NotEqual(With(new string('a', 32)).Check, With(new string('b', 32)).Check);
    }

    [Fact]
    public void Names_that_differ_only_in_case_or_white_space_have_one_key()
    {
        var keys = With(new string('a', 32));
        Assert.Equal(keys.Of(Ada), keys.Of(new Demographics(" ADA ", "exAmple", "1970-01-31")));
        Assert.NotEqual(keys.Of(Ada), keys.Of(new Demographics("Ada", "Example", "1970-01-30")));
        Assert.NotEqual(keys.Of(new Demographics("A", "B C", "1970-01-31")), keys.Of(new Demographics("A B", "C", "1970-01-31")));
    }

    [Fact]
    public void The_key_of_an_earlier_version_is_renewed_to_the_current_one()
    {
        var keys = With(new string('a', 32));
        Assert.Equal(keys.Of(Ada), keys.Renew(PatientKeys.Hash(Ada)));
        Assert.Null(keys.Renew(keys.Of(Ada)));
    }

    [Fact]
    public void A_secret_that_is_too_short_is_refused_with_the_name_of_its_setting()
    {
        File.WriteAllText(KeyFile, "short");
        Assert.Contains("Discovery:PatientKeyFile", Assert.Throws<IOException>(() => FromFile().Of(Ada)).Message, StringComparison.Ordinal);
    }

    private PatientKeys FromFile() => new(Options.Create(new DiscoveryOptions { PatientKeyFile = KeyFile }));

    private static PatientKeys With(string secret) => new(Options.Create(new DiscoveryOptions { PatientKey = secret }));
}
