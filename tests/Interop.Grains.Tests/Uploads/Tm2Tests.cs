using System.Text;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Interop.Uploads;

namespace Interop.Grains.Tests.Uploads;

public sealed class SqliteTm2Tests() : Tm2Tests(SqlDialect.Sqlite);

public sealed class PostgresTm2Tests() : Tm2Tests(SqlDialect.Postgres);

public abstract class Tm2Tests(SqlDialect dialect) : FileSuite(dialect)
{
    private const string Header = "patient_id,tm2_code,condition_name,system_type,severity,diagnosis_date,practitioner_id\n";
    private const string Good =
        Header
        + "p1,SK62,Tremor,ayurvedic,light,2026-01-05,dr1\n"
        + "p1,SQ24,Joint pain,TCM,serious,2026-01-05,dr2\n"
        + "p1,SK62,Tremor,Ayurveda,mild,2026-02-05,dr1\n"
        + "p2,TM2.AY.001,Tremor,Siddha,,2026-01-05,dr1\n"
        + "P1,sk62,Tremor again,Ayurveda,mild,05 Jan 2026,dr1\n"
        + "p3,SR10,Insomnia,Unani,medium,2099-01-01,dr1\n"
        + "p3,XX,Insomnia,Unani,medium,2026-01-01,dr1\n"
        + "p3,SR10,Insomnia,Unani,medium,03/04/2026,dr1\n";

    [Fact]
    public async Task The_same_file_twice_and_two_at_once_with_lost_answers_leave_each_thing_once()
    {
        await using var silo = await StartAsync();
        Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.LostAnswer,
                Path = "/openmrs",
                Every = 4,
                Times = 6,
            },
            new FaultRule
            {
                Kind = FaultKind.ServerError,
                Path = "/openmrs",
                Every = 5,
                Times = 3,
            }
        );
        var copies = await Task.WhenAll(RunAsync(silo, FileKind.Tm2, Good), RunAsync(silo, FileKind.Tm2, Good));
        var third = await RunAsync(silo, FileKind.Tm2, Good);

        Assert.All(copies.Append(third), AssertAddsUp);
        Assert.All(copies.Append(third), copy => Assert.Equal((8, 3), (copy.Rows, copy.Invalid)));
        Assert.Equal((4, 11), (copies.Append(third).Sum(copy => copy.Succeeded), copies.Append(third).Sum(copy => copy.Duplicates)));
        Assert.Equal((2, 3, 4), (Sandbox.OpenMrs.Count("patient"), Sandbox.OpenMrs.Count("encounter"), Sandbox.OpenMrs.Count("obs")));
        Assert.Equal(3, Sandbox.OpenMrs.Count("concept")); // SK62 (also TM2.AY.001), SQ24 and SP51 were there
    }

    [Fact]
    public async Task A_preview_shows_what_each_record_becomes_or_why_it_is_bad()
    {
        await using var silo = await StartAsync();

        var preview = await silo
            .Client.GetQuery<IFileQueryGrain>()
            .Preview(FileKind.Tm2, new FileChunk(Encoding.UTF8.GetBytes(Good)), null);

        Assert.Equal(8, preview.Rows.Length);
        Assert.Equal(
            ["P1", "Tremor", "Ayurveda", "Mild", "2026-01-05", "DR1"],
            preview.Rows[0].Fields.Where(field => field.Column != "tm2_code").Select(field => field.Mapped)
        );
        Assert.StartsWith("SK62 ", preview.Rows[0].Fields[1].Mapped, StringComparison.Ordinal);
        Assert.Equal(["diagnosis_date lies in the future"], preview.Rows.Skip(5).Take(1).Select(row => row.Problem));
        Assert.Equal((0, 0), (await CountAsync("upload_files"), Sandbox.OpenMrs.Count("patient")));
    }

    [Fact]
    public async Task Two_processes_that_submit_the_same_patients_and_days_at_once_create_each_thing_once()
    {
        const int Patients = 40;
        string[] codes = ["SK62", "SQ24", "SR10"];
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.005,
                Path = "/openmrs",
            }
        );
        var files = codes.Select(code =>
            Header + string.Concat(Enumerable.Range(0, Patients).Select(p => $"r{p},{code},Tremor {code},Unani,mild,2026-01-05,dr\n"))
        );

        var ended = await Task.WhenAll(files.Select((text, i) => RunAsync(i % 2 == 0 ? first : second, FileKind.Tm2, text)));

        Assert.All(ended, file => Assert.Equal((FileStatus.Completed, Patients), (file.Status, file.Succeeded)));
        Assert.Equal(
            (Patients, Patients, 3 * Patients),
            (Sandbox.OpenMrs.Count("patient"), Sandbox.OpenMrs.Count("encounter"), Sandbox.OpenMrs.Count("obs"))
        );
        Assert.Equal(0, await CountAsync("upload_locks"));
    }

    [Fact]
    public async Task A_record_with_an_unknown_code_gets_a_concept_of_its_own_and_is_counted()
    {
        await using var silo = await StartAsync();
        var progress = await RunAsync(silo, FileKind.Tm2, Header + "p1,SS00,Fatigue,Yoga,mild,2026-01-05,admin\n");
        Assert.Single(Assert.Single(Sandbox.OpenMrs.All("encounter"))["encounterProviders"]!.AsArray()); // the provider 'admin' is known

        Assert.Equal((FileStatus.Completed, 1), (progress.Status, progress.Succeeded));
        Assert.Equal("SS00", Assert.Single(progress.UnknownTerms));
        Assert.Equal(4, Sandbox.OpenMrs.Count("concept"));
    }

    [Fact]
    public async Task Without_OpenMRS_records_wait_and_a_retry_submits_them_later()
    {
        var url = Tm2.BaseUrl;
        Tm2.BaseUrl = null;
        await using var silo = await StartAsync();
        var waiting = await RunAsync(silo, FileKind.Tm2, Good);
        Assert.Equal((FileStatus.Waiting, 4, 1), (waiting.Status, waiting.Pending, waiting.Duplicates));
        Assert.Contains("OPENMRS_BASE_URL", waiting.Error, StringComparison.Ordinal);

        Tm2.BaseUrl = url;
        await silo.Client.GetGrain<IFileGrain>(waiting.FileId).Retry();
        Assert.Equal(4, (await EndAsync(silo, waiting.FileId)).Succeeded);
    }

    [Fact]
    public async Task Wrong_credentials_stop_the_file_with_one_clear_error()
    {
        Tm2.Password = "wrong";
        await using var silo = await StartAsync();
        var progress = await RunAsync(silo, FileKind.Tm2, Good);

        Assert.Equal((FileStatus.Failed, 4), (progress.Status, progress.Pending));
        Assert.Contains("OPENMRS_PASSWORD", progress.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_killed_repeatedly_leaves_every_record_once()
    {
        const int Patients = 150;
        var text = new StringBuilder(Header);
        for (var patient = 0; patient < Patients; patient++)
            text.Append($"q{patient},SK62,Tremor,Unani,mild,2026-01-05,dr\nq{patient},SQ24,Joint,Unani,mild,2026-01-05,dr\n");
        Sandbox.Faults.Set(
            new FaultRule
            {
                Kind = FaultKind.SlowHeaders,
                Seconds = 0.01,
                Path = "/openmrs",
            }
        );
        var fileId = Guid.Empty;
        for (var kill = 1; kill <= 3; kill++)
        {
            await using var silo = await StartAsync();
            if (kill == 1)
                (fileId, _) = await SendAsync(silo, FileKind.Tm2, text.ToString());
            var wanted = kill * 25;
            await Eventually.Is(() => Task.FromResult(Sandbox.OpenMrs.Count("encounter") >= wanted), $"{wanted} encounters were written");
            await silo.KillAsync();
        }

        Sandbox.Faults.Clear();
        await using var last = await StartAsync();
        var progress = await EndAsync(last, fileId);
        AssertAddsUp(progress);
        Assert.Equal((FileStatus.Completed, 2 * Patients), (progress.Status, progress.Succeeded));
        Assert.Equal(
            (Patients, Patients, 2 * Patients),
            (Sandbox.OpenMrs.Count("patient"), Sandbox.OpenMrs.Count("encounter"), Sandbox.OpenMrs.Count("obs"))
        );
    }
}
