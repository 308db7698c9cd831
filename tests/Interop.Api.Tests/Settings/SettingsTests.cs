using Interop.Access;
using Interop.Api.Tests.Support;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Profiles;
using Interop.Silo.Hosting;
using Interop.Silo.Settings;
using Interop.Storage.Connections;
using Interop.TestServers;

namespace Interop.Api.Tests.Settings;

/// <summary>A bad setting ends the start with one line that names it and says what it takes.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("PORT", "http", "PORT must be a whole number from 0 to 65535, not 'http'")]
    [InlineData("PORT", "70000", "PORT must be a whole number from 0 to 65535, not '70000'")]
    [InlineData("BIND", "here", "BIND must be an IP address such as 127.0.0.1 or 0.0.0.0, not 'here'")]
    [InlineData("AUTH", "maybe", "AUTH must be none, not 'maybe'")]
    [InlineData("ROLE", "worker", "ROLE must be one of all, silo, api, not 'worker'")]
    [InlineData("LOG_LEVEL", "loud", "LOG_LEVEL must be Trace, Debug, Information, Warning, Error, Critical or None, not 'loud'")]
    [InlineData("LOG_LEVEL", "2", "LOG_LEVEL must be Trace, Debug, Information, Warning, Error, Critical or None, not '2'")]
    [InlineData(
        "CORS_ORIGINS",
        "app.example.org",
        "CORS_ORIGINS must be origins such as https://app.example.org, separated by commas, not 'app.example.org'"
    )]
    [InlineData("FHIR_BASE_URL", "ftp://x", "FHIR_BASE_URL must be an absolute http or https URL, not 'ftp://x'")]
    [InlineData("FHIR_PAGE_SIZE", "0", "FHIR_PAGE_SIZE must be a whole number from 1 to 10000, not '0'")]
    [InlineData(
        "FHIR_LAST_UPDATED_GTE",
        "soon",
        "FHIR_LAST_UPDATED_GTE must be a date or an instant such as 2026-01-31 or 2026-01-31T00:00:00Z, not 'soon'"
    )]
    [InlineData("Ingestion:Overlap", "long", "Ingestion:Overlap must be a duration from 00:00:00 to 30.00:00:00, not 'long'")]
    [InlineData("Ingestion:Overlap", "-00:00:01", "Ingestion:Overlap must be a duration from 00:00:00 to 30.00:00:00, not '-00:00:01'")]
    [InlineData("Ingestion:MaxExpiredSearches", "0", "Ingestion:MaxExpiredSearches must be a whole number from 1 to 1000, not '0'")]
    [InlineData(
        "Ingestion:Overlapp",
        "1",
        "Ingestion:Overlapp (from the test) is not a setting. Did you mean Ingestion:Overlap? Ingestion takes PageSize, Overlap, LastUpdatedGte, MaxExpiredSearches, "
    )]
    [InlineData("Validation:Level", "strict", "Validation:Level must be one of structure, full, not 'strict'")]
    [InlineData(
        "Validation:Levels",
        "full",
        "Validation:Levels (from the test) is not a setting. Did you mean Validation:Level? Validation takes Level, Profiles"
    )]
    [InlineData(
        "Validation:Profiles",
        "/nowhere",
        "Validation:Profiles: there is no StructureDefinition file, folder, .tgz package or cached package '/nowhere'"
    )]
    [InlineData("Exports:Enabled", "2", "Exports:Enabled must be true or false, not '2'")]
    [InlineData(
        "Ingestion:MaxTimeWithoutProgress",
        "0",
        "Ingestion:MaxTimeWithoutProgress must be a duration from 00:00:01 to 1.00:00:00, not '00:00:00'"
    )]
    [InlineData("Exports:Retention", "soon", "Exports:Retention must be a duration from 00:01:00 to 3650.00:00:00, not 'soon'")]
    [InlineData("Sources:a:MaxAttempts", "x", "Sources:a:MaxAttempts must be a whole number from 1 to 100, not 'x'")]
    [InlineData(
        "Sources:a:Auth:Kind",
        "magic",
        "Sources:a:Auth:Kind must be none, basic, client_credentials, smart_backend, tenant, not 'magic'"
    )]
    [InlineData("Sources:a:Auth:Kind", "basic", "Sources:a:Auth:Username is missing for Kind=basic")]
    [InlineData("Sources:a:Auth:Password_FILE", "/nowhere/password", "Sources:a:Auth:Password_FILE: /nowhere/password cannot be read: ")]
    [InlineData("DB_URL_FILE", "/nowhere/url", "DB_URL_FILE: /nowhere/url cannot be read: ")]
    [InlineData(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "collector",
        "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https URL, not 'collector'"
    )]
    [InlineData("FHIR_BASEURL", "http://127.0.0.1/fhir", "FHIR_BASEURL (from the test) is not a setting. Did you mean FHIR_BASE_URL?")]
    [InlineData(
        "ALLOWED_HOSTS",
        "http://a",
        "ALLOWED_HOSTS must be host names without a port, such as interop.example.org, separated by commas, not 'http://a'"
    )]
    [InlineData(
        "TRUSTED_PROXIES",
        "proxy",
        "TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.5 or 10.0.0.0/8, separated by commas, not 'proxy'"
    )]
    [InlineData("JWT_SECRET_KEY", "s3cret", "JWT_SECRET_KEY must have at least 32 bytes")]
    [InlineData("OIDC_ISSUER", "http://issuer.example.org", "OIDC_ISSUER must be an https URL, not 'http://issuer.example.org'")]
    [InlineData("OIDC_ISSUER", "https://issuer.example.org", "OIDC_AUDIENCE is missing for OIDC_ISSUER")]
    [InlineData("FOO", "bar", "FOO (from the test) is not a setting. .env.example lists all settings.")]
    [InlineData("Sources:a", "http://127.0.0.1/fhir", "Sources:a is not a setting: it is a section that takes BaseUrl, ")]
    [InlineData(
        "DB_URL",
        "garbage",
        "DB_URL cannot be used: it has no scheme and is not the path of a file. It takes postgres://USER:PASSWORD@HOST:PORT/DATABASE, an Npgsql connection string"
    )]
    [InlineData("DB_URL", "mysql://u:s3cret@host/db", "DB_URL cannot be used: its scheme is unknown")]
    [InlineData(
        "DB_URL",
        "postgres://u:s3cret/word@host/db",
        "DB_URL cannot be used: a user name or password has characters that must be escaped"
    )]
    [InlineData(
        "DB_URL",
        "postgres://u:s3cret?word@host/db",
        "DB_URL cannot be used: a user name or password has characters that must be escaped"
    )]
    [InlineData("DB_URL", "postgres://u:s3cret@host:port/db", "DB_URL cannot be used: its port is not a number from 1 to 65535")]
    [InlineData("Tenants:a:UserRole", "boss", "Tenants:a:UserRole must be users, patient, not 'boss'")]
    [InlineData("OPENEMR_TOKEN_URL", "token", "OPENEMR_TOKEN_URL must be an absolute http or https URL without credentials")]
    public void A_bad_value_is_named_with_what_the_setting_takes(string name, string value, string message)
    {
        var refused = Assert.Throws<SettingsException>(() =>
            InteropServer.Read(("Sources:a:BaseUrl", "http://127.0.0.1/fhir"), (name, value))
        );
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain("s3cret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_watermark_cannot_begin_in_the_future()
    {
        var refused = Assert.Throws<SettingsException>(() => InteropServer.Read(("FHIR_LAST_UPDATED_GTE", "2999-01-01")));
        Assert.StartsWith("FHIR_LAST_UPDATED_GTE must not be in the future", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_URL_and_a_key_file_are_checked_before_the_first_run()
    {
        (string, string?)[] source =
        [
            ("Sources:a:BaseUrl", "http://127.0.0.1/fhir"),
            ("Sources:a:Auth:Kind", "smart_backend"),
            ("Sources:a:Auth:ClientId", "interop"),
        ];
        var url = Assert.Throws<SettingsException>(() =>
            InteropServer.Read([.. source, ("Sources:a:Auth:TokenUrl", "token"), ("Sources:a:Auth:PrivateKeyFile", "/nowhere.pem")])
        );
        Assert.Equal("Sources:a:Auth:TokenUrl must be an absolute http or https URL, not 'token'", url.Message);
        var file = Assert.Throws<SettingsException>(() =>
            InteropServer.Read([
                .. source,
                ("Sources:a:Auth:TokenUrl", "https://as.example.org/token"),
                ("Sources:a:Auth:PrivateKeyFile", "/nowhere.pem"),
            ])
        );
        Assert.Equal("Sources:a:Auth:PrivateKeyFile must be a PEM file; there is none at '/nowhere.pem'", file.Message);
    }

    [Fact]
    public void Profiles_come_from_files_and_folders_and_a_file_that_is_not_a_profile_is_named()
    {
        const string Profile =
            """{"resourceType":"StructureDefinition","url":"http://example.org/NAME","derivation":"constraint","type":"Patient","differential":{"element":[{"id":"Patient"}]}}""";
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("package"));
        folder.Write("package/a.json", "\uFEFF" + Profile.Replace("NAME", "a", StringComparison.Ordinal));
        folder.Write("package/package.json", """{"name":"a package"}""");
        folder.Write("package/values.json", """{"resourceType":"ValueSet"}""");
        var b = folder.Write("b.json", Profile.Replace("NAME", "b", StringComparison.Ordinal));

        var settings = InteropServer.Read(("Validation:Profiles", $"{folder.File("package")}, {b}"), ("Validation:Level", "Full"));
        Assert.Equal(["http://example.org/a", "http://example.org/b"], Profiles(settings));
        Assert.Equal(ValidationLevel.Full, settings.Options<ValidationSettings>("Validation").Level);
        Assert.Equal(["http://example.org/b"], Profiles(InteropServer.Read(("Validation:Profiles:0", b))));

        var twice = Assert.Throws<SettingsException>(() =>
            Profiles(
                InteropServer.Read(
                    ("Validation:Profiles", $"{b},{folder.Write("c.json", Profile.Replace("NAME", "b", StringComparison.Ordinal))}")
                )
            )
        );
        Assert.Equal($"Validation:Profiles: {folder.File("c.json")} is the profile http://example.org/b, and so is {b}", twice.Message);
        var none = Assert.Throws<SettingsException>(() =>
            Profiles(InteropServer.Read(("Validation:Profiles", folder.File("package/values.json"))))
        );
        Assert.Equal(
            $"Validation:Profiles: {folder.File("package/values.json")} cannot be used: The profile is not a StructureDefinition.",
            none.Message
        );
        folder.Write("package/broken.json", "{");
        var broken = Assert.Throws<SettingsException>(() => Profiles(InteropServer.Read(("Validation:Profiles", folder.File("package")))));
        Assert.StartsWith(
            $"Validation:Profiles: {folder.File("package/broken.json")} cannot be used: ",
            broken.Message,
            StringComparison.Ordinal
        );
    }

    private static string[] Profiles(InteropSettings settings) =>
        [.. Assert.IsType<ProfileSet>(settings.Options<ValidationSettings>("Validation").ToOptions(null).ProfileChecker).Urls];

    [Fact]
    public void Secrets_can_come_from_files()
    {
        using var folder = new TemporaryFolder();
        var settings = InteropServer.Read(
            ("DB_URL_FILE", folder.Write("url", "postgres://interop:p@db/interop\n")),
            ("Sources:a:BaseUrl", "http://127.0.0.1/fhir"),
            ("Sources:a:Auth:Kind", "basic"),
            ("Sources:a:Auth:Username", "interop"),
            ("Sources:a:Auth:Password_FILE", folder.Write("password", "open sesame\n"))
        );
        Assert.Equal("postgres://interop:p@db/interop", settings.DatabaseUrl);
        Assert.Equal("open sesame", settings.Sources["a"].Auth.Password);
    }

    [Fact]
    public void Settings_of_other_systems_that_have_no_effect_here_are_named()
    {
        var settings = InteropServer.Read(
            ("MONGODB_URI", "mongodb://x"),
            ("TELEMETRY_DB_PATH", "t.db"),
            ("FHIR_POLLING_TRACKER_FILE", "f")
        );
        Assert.Equal(
            ["FHIR_POLLING_TRACKER_FILE", "MONGODB_URI", "TELEMETRY_DB_PATH"],
            settings.WithoutEffect.Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal)
        );
        Assert.All(settings.WithoutEffect, line => Assert.Contains(" has no effect: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_later_layer_wins_an_empty_value_is_the_default_and_an_empty_secret_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layers = new SettingsLayers();
        layers.Add(
            ".env",
            [
                new("FHIR_PAGE_SIZE", "7"),
                new("DB_URL", "postgres://u:p@db/a"),
                new("PORT", "9000"),
                new("CORS_ORIGINS", "http://a,http://b"),
            ]
        );
        layers.Add(
            "the command line",
            [new("Ingestion:PageSize", "8"), new("DB_URL_FILE", ""), new("PORT", ""), new("CORS_ORIGINS", "http://c")]
        );
        layers.Add("more", [new("ROLE", "all"), new("Validation:Level", "full")]);
        var settings = SettingsServices.Read(layers, TimeProvider.System);
        Assert.Equal((ProcessRole.All, ValidationLevel.Full), (settings.Role, settings.Options<ValidationSettings>("Validation").Level));
        Assert.Equal(8, settings.Options<Interop.Ingestion.IngestionOptions>("Ingestion").PageSize);
        Assert.Equal(("postgres://u:p@db/a", 8000), (settings.DatabaseUrl, settings.Port));
        Assert.Equal(["http://c"], settings.CorsOrigins);

        var empty = Assert.Throws<SettingsException>(() => InteropServer.Read(("DB_URL_FILE", folder.Write("url", " \n"))));
        Assert.Equal($"DB_URL_FILE: {folder.File("url")} is empty", empty.Message);
    }

    [Theory]
    [InlineData("HOSTNAME", "x", null)]
    [InlineData("npm_config_user_agent", "x", null)]
    [InlineData("FHIR_BASEURL", "http://x", "FHIR_BASEURL (from the environment) is not a setting. Did you mean FHIR_BASE_URL?")]
    [InlineData("CORS_ORIGIN", "http://x", "CORS_ORIGIN (from the environment) is not a setting. Did you mean CORS_ORIGINS?")]
    [InlineData("Ingestion__PageSise", "1", "Ingestion:PageSise (from the environment) is not a setting. Did you mean Ingestion:PageSize?")]
    public void A_variable_of_the_environment_is_refused_only_when_it_resembles_a_setting(string name, string value, string? message)
    {
        var layers = new SettingsLayers();
        layers.Add(GivenSetting.Environment, [new(name, value)]);
        var refused = Record.Exception(() => SettingsServices.Read(layers, TimeProvider.System));
        Assert.StartsWith(message ?? "", refused?.Message ?? "", StringComparison.Ordinal);
        Assert.Equal(message is null, refused is null);
    }

    [Fact]
    public void A_dollar_or_a_hash_in_single_quotes_of_dotenv_stays_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write(".env", "A='pa$$word#1'\nexport B=\"two words\" # a comment\nC=plain # a comment\n");
        var read = DotEnvFile.Read(file).ToDictionary(s => s.Key, s => s.Value);
        Assert.Equal(("pa$$word#1", "two words", "plain"), (read["A"], read["B"], read["C"]));
    }

    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("0.0.0.0", null, false)]
    [InlineData("::", null, false)]
    [InlineData("192.0.2.1", null, false)]
    [InlineData("0.0.0.0", "none", true)]
    public async Task Only_loopback_is_open_unless_AUTH_says_otherwise_or_there_are_users(string bind, string? auth, bool isAllowed)
    {
        using var folder = new TemporaryFolder();
        var settings = InteropServer.Read(
            ("BIND", bind),
            ("AUTH", auth),
            ("ALLOWED_HOSTS", "interop.example.org"),
            ("INTEROP_DATA", folder.Path)
        );
        await DatabaseSetup.MigrateAsync(settings, CancellationToken.None);
        if (!isAllowed)
        {
            var refused = await Assert.ThrowsAsync<SettingsException>(() => ServerSecurity.CheckAsync(settings, CancellationToken.None));
            Assert.StartsWith($"BIND={bind} would open the API", refused.Message, StringComparison.Ordinal);
            await using var database = DatabaseFactory.Open(settings.DatabaseOptions);
            await new UserAdministration(database, TimeProvider.System).AddUserAsync(
                "first",
                AccessRole.Admin,
                "correct horse battery",
                CancellationToken.None
            );
        }

        await ServerSecurity.CheckAsync(settings, CancellationToken.None);
    }

    [Fact]
    public void The_processes_of_a_cluster_need_a_shared_key()
    {
        var refused = Assert.Throws<SettingsException>(() => SigningKeys.Load(InteropServer.Read(("ROLE", "api"))));
        Assert.StartsWith("ROLE=api needs JWT_SECRET_KEY or JWT_SECRET_KEY_FILE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_is_created_once_and_readable_for_its_user_only()
    {
        using var folder = new TemporaryFolder();
        var settings = InteropServer.Read(("INTEROP_DATA", folder.Path));
        var keys = Enumerable
            .Range(0, 8)
            .AsParallel()
            .WithDegreeOfParallelism(8)
            .Select(_ => Convert.ToHexString(Assert.Single(SigningKeys.Load(settings))))
            .ToList();
        Assert.Single(keys.Distinct());
        var file = folder.File("keys/jwt");
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal([file], Directory.GetFiles(folder.File("keys")));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.StartsWith(
            $"{file} can be read by other users",
            Assert.Throws<SettingsException>(() => SigningKeys.Load(settings)).Message,
            StringComparison.Ordinal
        );
    }
}
