using Interop.Api.Tests.Support;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;

namespace Interop.Api.Tests.Settings;

/// <summary>A bad setting ends the start with one line that names it and says what it takes.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("PORT", "http", "PORT must be a whole number from 0 to 65535, not 'http'")]
    [InlineData("PORT", "70000", "PORT must be a whole number from 0 to 65535, not '70000'")]
    [InlineData("BIND", "here", "BIND must be an IP address such as 127.0.0.1 or 0.0.0.0, not 'here'")]
    [InlineData("AUTH", "maybe", "AUTH must be none, not 'maybe'")]
    [InlineData("ROLE", "worker", "ROLE must be all, silo, api, not 'worker'")]
    [InlineData("LOG_LEVEL", "loud", "LOG_LEVEL must be Trace, Debug, Information, Warning, Error, Critical or None, not 'loud'")]
    [InlineData("LOG_LEVEL", "2", "LOG_LEVEL must be Trace, Debug, Information, Warning, Error, Critical or None, not '2'")]
    [InlineData("CORS_ORIGINS", "app.example.org", "CORS_ORIGINS must be origins such as https://app.example.org, separated by commas, not 'app.example.org'")]
    [InlineData("FHIR_BASE_URL", "ftp://x", "Sources:default:BaseUrl (FHIR_BASE_URL for 'default') must be an absolute http or https URL, not 'ftp://x'")]
    [InlineData("FHIR_PAGE_SIZE", "0", "FHIR_PAGE_SIZE must be a whole number from 1 to 10000, not '0'")]
    [InlineData("FHIR_LAST_UPDATED_GTE", "soon", "FHIR_LAST_UPDATED_GTE must be a date or an instant such as 2026-01-31 or 2026-01-31T00:00:00Z, not 'soon'")]
    [InlineData("Ingestion:Overlap", "long", "Ingestion:Overlap must be a duration such as 00:02:00, not 'long'")]
    [InlineData("Ingestion:Overlap", "-00:00:01", "Ingestion:Overlap must be from 00:00:00 to 30.00:00:00, not -00:00:01")]
    [InlineData("Ingestion:MaxExpiredSearches", "0", "Ingestion:MaxExpiredSearches must be from 1 to 1000, not 0")]
    [InlineData("Ingestion:Overlapp", "1", "Ingestion:Overlapp is no setting: Ingestion takes PageSize, Overlap, LastUpdatedGte, MaxExpiredSearches")]
    [InlineData("Validation:Level", "strict", "Validation:Level must be structure, full, not 'strict'")]
    [InlineData("Validation:Levels", "full", "Validation:Levels is no setting: Validation takes Level, Profiles")]
    [InlineData("Validation:Profiles", "/nowhere", "Validation:Profiles takes StructureDefinition files and folders with such; there is none at '/nowhere'")]
    [InlineData("Exports:Enabled", "2", "Exports:Enabled must be true or false, not '2'")]
    [InlineData("Sources:a:MaxAttempts", "x", "Sources:a:MaxAttempts must be a whole number, not 'x'")]
    [InlineData("Sources:a:Auth:Kind", "magic", "Sources:a:Auth:Kind must be none, basic, client_credentials, smart_backend or tenant, not 'magic'")]
    [InlineData("Sources:a:Auth:Kind", "basic", "Sources:a:Auth:Username is missing for Kind=basic")]
    [InlineData("Sources:a:Auth:Password_FILE", "/nowhere/password", "Sources:a:Auth:Password_FILE: /nowhere/password cannot be read: ")]
    [InlineData("DB_URL_FILE", "/nowhere/url", "DB_URL_FILE: /nowhere/url cannot be read: ")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https URL, not 'collector'")]
    public void ABadValueIsNamedWithWhatTheSettingTakes(string name, string value, string message)
    {
        var refused = Assert.Throws<SettingsException>(() => InteropServer.Read(("Sources:a:BaseUrl", "http://127.0.0.1/fhir"), (name, value)));
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void TheWatermarkCannotBeginInTheFuture()
    {
        var refused = Assert.Throws<SettingsException>(() => InteropServer.Read(("FHIR_LAST_UPDATED_GTE", "2999-01-01")));
        Assert.StartsWith("FHIR_LAST_UPDATED_GTE must not be in the future", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATokenUrlAndAKeyFileAreLookedAtBeforeTheFirstRun()
    {
        (string, string?)[] source = [("Sources:a:BaseUrl", "http://127.0.0.1/fhir"), ("Sources:a:Auth:Kind", "smart_backend"), ("Sources:a:Auth:ClientId", "interop")];
        var url = Assert.Throws<SettingsException>(() => InteropServer.Read([.. source, ("Sources:a:Auth:TokenUrl", "token"), ("Sources:a:Auth:PrivateKeyFile", "/nowhere.pem")]));
        Assert.Equal("Sources:a:Auth:TokenUrl must be an absolute http or https URL, not 'token'", url.Message);
        var file = Assert.Throws<SettingsException>(() => InteropServer.Read([.. source, ("Sources:a:Auth:TokenUrl", "https://as.example.org/token"), ("Sources:a:Auth:PrivateKeyFile", "/nowhere.pem")]));
        Assert.Equal("Sources:a:Auth:PrivateKeyFile must be a PEM file; there is none at '/nowhere.pem'", file.Message);
    }

    [Fact]
    public void ProfilesComeFromFilesAndFoldersAndAFileThatIsNoneIsNamed()
    {
        const string Profile = """{"resourceType":"StructureDefinition","url":"http://example.org/NAME","derivation":"constraint","type":"Patient","differential":{"element":[{"id":"Patient"}]}}""";
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("package"));
        folder.Write("package/a.json", "\uFEFF" + Profile.Replace("NAME", "a", StringComparison.Ordinal));
        folder.Write("package/package.json", """{"name":"a package"}""");
        folder.Write("package/values.json", """{"resourceType":"ValueSet"}""");
        var b = folder.Write("b.json", Profile.Replace("NAME", "b", StringComparison.Ordinal));

        var settings = InteropServer.Read(("Validation:Profiles", $"{folder.File("package")}, {b}"), ("Validation:Level", "Full"));
        Assert.Equal(["http://example.org/a", "http://example.org/b"], Profiles(settings));
        Assert.Equal(Interop.Fhir.Validation.ValidationLevel.Full, settings.Validation.Level);
        Assert.Equal(["http://example.org/b"], Profiles(InteropServer.Read(("Validation:Profiles:0", b))));

        var twice = Assert.Throws<SettingsException>(() => InteropServer.Read(("Validation:Profiles", $"{b},{folder.Write("c.json", Profile.Replace("NAME", "b", StringComparison.Ordinal))}")));
        Assert.Equal($"Validation:Profiles: {folder.File("c.json")} is the profile http://example.org/b, and so is {b}", twice.Message);
        var none = Assert.Throws<SettingsException>(() => InteropServer.Read(("Validation:Profiles", folder.File("package/values.json"))));
        Assert.Equal($"Validation:Profiles: {folder.File("package/values.json")} cannot be used: The profile is not a StructureDefinition.", none.Message);
        folder.Write("package/broken.json", "{");
        var broken = Assert.Throws<SettingsException>(() => InteropServer.Read(("Validation:Profiles", folder.File("package"))));
        Assert.StartsWith($"Validation:Profiles: {folder.File("package/broken.json")} cannot be used: ", broken.Message, StringComparison.Ordinal);

        static IEnumerable<string> Profiles(InteropSettings settings) => Assert.IsType<Interop.Fhir.Validation.Profiles.ProfileSet>(settings.Validation.ProfileChecker).Urls;
    }

    [Fact]
    public void SecretsCanComeFromFiles()
    {
        using var folder = new TemporaryFolder();
        var settings = InteropServer.Read(
            ("DB_URL_FILE", folder.Write("url", "postgres://interop:p@db/interop\n")),
            ("Sources:a:BaseUrl", "http://127.0.0.1/fhir"),
            ("Sources:a:Auth:Kind", "basic"),
            ("Sources:a:Auth:Username", "interop"),
            ("Sources:a:Auth:Password_FILE", folder.Write("password", "open sesame\n")));
        Assert.Equal("postgres://interop:p@db/interop", settings.Database);
        Assert.Equal("open sesame", settings.Sources["a"].Auth.Password);
    }

    [Fact]
    public void SettingsOfOtherSystemsThatDoNothingHereAreNamed()
    {
        var settings = InteropServer.Read(("MONGODB_URI", "mongodb://x"), ("TELEMETRY_DB_PATH", "t.db"), ("FHIR_POLLING_TRACKER_FILE", "f"));
        Assert.Equal(["FHIR_POLLING_TRACKER_FILE", "MONGODB_URI", "TELEMETRY_DB_PATH"], settings.Ineffective.Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.All(settings.Ineffective, line => Assert.Contains(" has no effect: ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("0.0.0.0", null, false)]
    [InlineData("::", null, false)]
    [InlineData("192.0.2.1", null, false)]
    [InlineData("0.0.0.0", "none", true)]
    public void OnlyLoopbackIsOpenUnlessSomeoneSaysSo(string bind, string? auth, bool isAllowed)
    {
        var settings = InteropServer.Read(("BIND", bind), ("AUTH", auth));
        if (isAllowed)
            ServerSecurity.Check(settings);
        else
            Assert.StartsWith($"BIND={bind} would open the API", Assert.Throws<SettingsException>(() => ServerSecurity.Check(settings)).Message, StringComparison.Ordinal);
    }
}
