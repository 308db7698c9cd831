using System.Text;
using System.Text.Json;
using Interop.Sandbox.Faults;
using Interop.Storage;
using Interop.TestServers;
using Interop.Uploads;
using Interop.Uploads.Running;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Grains.Tests.Uploads;

public sealed class SqliteUploadTests() : UploadTests(SqlDialect.Sqlite);

public sealed class PostgresUploadTests() : UploadTests(SqlDialect.Postgres);

public abstract class UploadTests(SqlDialect dialect) : FileSuite(dialect)
{
    private const string Header = "Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação\n";
    private const string Good =
        Header
        + "Maria da Silva,529.982.247-25,Feminino,07/03/1984,+55 11 99999-0000,Brasil,Diabético|Gestante\n"
        + "João Souza,111.444.777-35,masculino,15/12/1950,,Brasil,HIPERTENSO | Tabagista\n";

    [Fact]
    public async Task The_same_file_twice_two_copies_at_once_and_a_corrected_copy_leave_each_resource_once()
    {
        await using var silo = await StartAsync();
        var first = await RunAsync(silo, FileKind.Fhir, Good);
        Assert.Equal((FileStatus.Completed, 2, 2), (first.Status, first.Rows, first.Succeeded));
        Assert.Equal("Tabagista", Assert.Single(first.UnknownTerms));
        await RunAsync(silo, FileKind.Fhir, Good);
        await Task.WhenAll(RunAsync(silo, FileKind.Fhir, Good), RunAsync(silo, FileKind.Fhir, Good));
        await RunAsync(silo, FileKind.Fhir, Good.Replace("07/03/1984", "08/03/1984", StringComparison.Ordinal));

        Assert.Equal((2, 3, 1), (Sandbox.Store.Count("Patient"), Sandbox.Store.Count("Condition"), Sandbox.Store.Count("Observation")));
        var patients = Sandbox
            .Store.Ids("Patient")
            .Select(id => JsonDocument.Parse(Sandbox.Store.Read("Patient", id)!).RootElement)
            .ToArray();
        var maria = patients.Single(patient => patient.GetProperty("gender").GetString() == "female");
        Assert.Equal(
            ("Silva", "1984-03-08", "52998224725"),
            (
                maria.GetProperty("name")[0].GetProperty("family").GetString(),
                maria.GetProperty("birthDate").GetString(),
                maria.GetProperty("identifier")[0].GetProperty("value").GetString()
            )
        );
        Assert.Equal(
            ["Maria", "da"],
            maria.GetProperty("name")[0].GetProperty("given").EnumerateArray().Select(given => given.GetString())
        );
    }

    [Fact]
    public async Task A_bad_row_is_recorded_with_its_line_and_the_data_of_the_others_is_erased()
    {
        await using var silo = await StartAsync();
        var progress = await RunAsync(
            silo,
            FileKind.Fhir,
            Good
                + "Ana,123,Feminino,01/01/1990,,Brasil,\n,529.982.247-25,Feminino,01/01/1990,,Brasil,\nAna Lima,529.982.247-25,Feminino,31/02/1990,,Brasil,\n"
        );

        Assert.Equal((5, 2, 3), (progress.Rows, progress.Succeeded, progress.Invalid));
        AssertAddsUp(progress);
        var rows = await silo.Client.GetQuery<IFileQueryGrain>().ListRows(progress.FileId, null, 0, 10);
        Assert.Equal([2L, 3, 4, 5, 6], rows.Select(row => row.Line));
        Assert.Equal(
            ["CPF is missing or not valid", "Nome is missing", "Data de Nascimento is not a date of the form dd/MM/yyyy"],
            rows.Skip(2).Select(row => row.Error)
        );
        Assert.StartsWith("[\"Patient/", rows[0].Outcome, StringComparison.Ordinal);
        Assert.Equal(
            3,
            await Database.ReadAsync(
                (session, token) => session.ScalarAsync<long>("SELECT COUNT(*) FROM upload_rows WHERE data IS NOT NULL", null, token)
            )
        );
    }

    public static TheoryData<string, FileRefusalReason, long?> Unreadable =>
        new()
        {
            { "", FileRefusalReason.Empty, 1 },
            { Header, FileRefusalReason.HeaderOnly, 1 },
            { "Nome,CPF\nA B,1\n", FileRefusalReason.MissingColumns, 1 },
            { Good + "\"Ana,529.982.247-25,Feminino,01/01/1990,,Brasil,\nB,C\n", FileRefusalReason.Parse, 4 },
            { Good + "\"" + new string('x', 300_000), FileRefusalReason.Parse, 4 },
            { Good + "Ana\0,529.982.247-25,Feminino,01/01/1990,,Brasil,\n", FileRefusalReason.Encoding, 4 },
            { "PK\u0003\u0004\0\0\0\0", FileRefusalReason.Encoding, 1 },
            { "Nome,nome,CPF\nA,B,C\n", FileRefusalReason.Parse, 1 },
            { Header + Header + Good, FileRefusalReason.Parse, 2 },
            { string.Join(',', Enumerable.Range(0, 1000)) + "\n1\n", FileRefusalReason.Parse, 1 },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task A_file_that_cannot_be_read_is_refused_with_its_line_and_leaves_nothing(
        string text,
        FileRefusalReason reason,
        long? line
    )
    {
        await using var silo = await StartAsync();
        var (_, refusal) = await SendAsync(silo, FileKind.Fhir, text);

        Assert.Equal((reason, line), (refusal!.Reason, refusal.Line));
        Assert.Equal((0, 0), (await CountAsync("upload_files"), await CountAsync("upload_rows")));
    }

    [Fact]
    public async Task Utf16_is_refused_and_windows_1252_semicolons_and_a_byte_order_mark_are_read()
    {
        await using var silo = await StartAsync();
        var (_, refusal) = await SendAsync(silo, FileKind.Fhir, [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Good)]);
        Assert.Equal(FileRefusalReason.Encoding, refusal!.Reason);

        var latin = CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(Good.Replace(',', ';'));
        var withMark = (byte[])[.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(Good)];
        foreach (var bytes in (byte[][])[latin, withMark])
        {
            var (fileId, problem) = await SendAsync(silo, FileKind.Fhir, bytes);
            Assert.Null(problem);
            Assert.Equal(2, (await EndAsync(silo, fileId)).Succeeded);
        }
        Assert.Contains(
            Sandbox.Store.Ids("Patient"),
            id => Encoding.UTF8.GetString(Sandbox.Store.Read("Patient", id)!).Contains("João", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_leaves_nothing()
    {
        Uploads.MaxMebibytes = 1;
        await using var silo = await StartAsync();
        var (_, refusal) = await SendAsync(
            silo,
            FileKind.Fhir,
            Good + string.Concat(Enumerable.Repeat("Ana Lima,529.982.247-25,Feminino,01/01/1990,,Brasil,\n", 30_000))
        );

        Assert.Equal(FileRefusalReason.TooLarge, refusal!.Reason);
        Assert.Equal((0, 0), (await CountAsync("upload_files"), await CountAsync("upload_rows")));
    }

    [Fact]
    public async Task A_silo_that_is_killed_repeatedly_leaves_every_row_once()
    {
        const int Rows = 3000;
        var text = new StringBuilder("Patient number,Name,Gender,Date of birth,Phone,Country of birth,Notes\n");
        for (var row = 0; row < Rows; row++)
            text.Append($"N{row},Ann Lee{row},F,1990-01-01,,NZ,{(row % 3 == 0 ? "Diabetic" : "")}\n");
        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.02 });
        var fileId = Guid.Empty;
        var random = new Random(20260301);
        for (var kill = 0; kill < 4; kill++)
        {
            await using var silo = await StartAsync();
            if (kill == 0)
                (fileId, _) = await SendAsync(silo, FileKind.Fhir, text.ToString(), "patients");
            var wanted = Sandbox.Store.Count("Patient") + random.Next(50, 400);
            await Eventually.Is(
                () => Task.FromResult(Sandbox.Store.Count("Patient") >= Math.Min(wanted, Rows)),
                $"{wanted} patients were written"
            );
            await silo.KillAsync();
        }

        Sandbox.Faults.Clear();
        await using var last = await StartAsync();
        var progress = await EndAsync(last, fileId);
        Assert.Equal((FileStatus.Completed, Rows, Rows), (progress.Status, progress.Rows, progress.Succeeded));
        AssertAddsUp(progress);
        Assert.Equal((Rows, Rows / 3), (Sandbox.Store.Count("Patient"), Sandbox.Store.Count("Condition")));
    }

    [Fact]
    public async Task A_process_whose_clock_is_ahead_does_not_claim_a_file_that_another_one_works_on()
    {
        const int Rows = 400;
        var text = new StringBuilder("Patient number,Name,Gender,Date of birth,Phone,Country of birth,Notes\n");
        for (var row = 0; row < Rows; row++)
            text.Append($"C{row},Ann Lee{row},F,1990-01-01,,NZ,\n");
        Uploads.Parallelism = 2;
        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.SlowHeaders, Seconds = 0.01 });
        await using var first = await StartAsync();
        var (fileId, _) = await SendAsync(first, FileKind.Fhir, text.ToString(), "patients");
        // Only the clock of the workers: Orleans mixes that of its services with the system's, so a silo needs both to agree.
        await using var second = await StartAsync(after: services =>
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<FileWorkers>(provider, new ClockAhead()))
        );
        await second.Client.GetGrain<IFileGrain>(fileId).Resume();

        var progress = await EndAsync(first, fileId);

        Assert.Equal((FileStatus.Completed, Rows), (progress.Status, progress.Succeeded));
        // Received, claimed once, ended.
        Assert.Equal(
            3,
            await Database.ReadAsync((session, token) => session.ScalarAsync<long>("SELECT epoch FROM upload_files", null, token))
        );
    }

    /// <summary>The clock of a machine that is one hour ahead.</summary>
    private sealed class ClockAhead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }

    [Fact]
    public async Task An_upstream_that_is_down_or_loses_answers_is_asked_again()
    {
        await using var silo = await StartAsync();
        Sandbox.Faults.Set(
            new FaultRule { Kind = FaultKind.Unavailable, Times = 3 },
            new FaultRule { Kind = FaultKind.Conflict, Times = 2 },
            new FaultRule
            {
                Kind = FaultKind.TooManyRequests,
                Times = 2,
                RetryAfterSeconds = 0,
            },
            new FaultRule { Kind = FaultKind.LostAnswer, Times = 2 }
        );

        var progress = await RunAsync(silo, FileKind.Fhir, Good);

        Assert.Equal((FileStatus.Completed, 2), (progress.Status, progress.Succeeded));
        Assert.Equal((2, 3, 1), (Sandbox.Store.Count("Patient"), Sandbox.Store.Count("Condition"), Sandbox.Store.Count("Observation")));
    }

    [Fact]
    public async Task Rows_that_an_outage_failed_succeed_at_a_retry()
    {
        Uploads.OutageLimit = TimeSpan.FromMilliseconds(100);
        await using var silo = await StartAsync();
        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.Unavailable });
        var failed = await RunAsync(silo, FileKind.Fhir, Good);
        Assert.Equal((FileStatus.Completed, 2, 0), (failed.Status, failed.Failed, Sandbox.Store.Count("Patient")));

        Sandbox.Faults.Clear();
        await silo.Client.GetGrain<IFileGrain>(failed.FileId).Retry();
        var progress = await EndAsync(silo, failed.FileId);
        Assert.Equal((FileStatus.Completed, 2, 0), (progress.Status, progress.Succeeded, progress.Failed));
    }

    [Fact]
    public async Task Wrong_credentials_stop_the_file_with_one_error_and_refused_rows_fail_alone()
    {
        await using var silo = await StartAsync();
        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.Unauthorized });
        var stopped = await RunAsync(silo, FileKind.Fhir, Good);
        Assert.Equal((FileStatus.Failed, 2), (stopped.Status, stopped.Pending));
        Assert.Contains("401", stopped.Error, StringComparison.Ordinal);

        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.Unprocessable, Times = 2 }); // one for the CapabilityStatement
        var progress = await RunAsync(silo, FileKind.Fhir, Good);
        Assert.Equal((FileStatus.Completed, 1, 1), (progress.Status, progress.Succeeded, progress.Failed));
    }

    [Fact]
    public async Task A_cancelled_file_stops_and_a_retry_continues_it()
    {
        await using var silo = await StartAsync();
        Sandbox.Faults.Set(new FaultRule { Kind = FaultKind.Unavailable });
        var (fileId, _) = await SendAsync(silo, FileKind.Fhir, Good);
        var file = silo.Client.GetGrain<IFileGrain>(fileId);
        Assert.Equal(FileStatus.Cancelled, (await file.Cancel())!.Status);

        Sandbox.Faults.Clear();
        await file.Retry();
        Assert.Equal(2, (await EndAsync(silo, fileId)).Succeeded);
    }

    [Fact]
    public async Task Bad_rows_come_as_a_file_that_can_be_corrected_and_sent_again()
    {
        await using var silo = await StartAsync();
        var sent = await RunAsync(
            silo,
            FileKind.Fhir,
            Good + "\"Ana, the bad\",1,Feminino,07/03/1984,+55 11 1,Brasil,\n" + "=1+1,390.533.447-05,x,32/01/2000,,,\n"
        );
        Assert.Equal((4, 2, 2), (sent.Rows, sent.Succeeded, sent.Invalid));

        var failed = await silo.Client.GetQuery<IFileQueryGrain>().ReadFailures(sent.FileId, 0);

        Assert.Equal(
            [
                "Nome,CPF,Gênero,Data de Nascimento,Telefone,País de Nascimento,Observação,line,state,reason",
                "\"Ana, the bad\",1,Feminino,07/03/1984,+55 11 1,Brasil,,4,invalid,CPF is missing or not valid",
                "'=1+1,390.533.447-05,x,32/01/2000,,,,5,invalid,Data de Nascimento is not a date of the form dd/MM/yyyy",
                "",
            ],
            failed!.Text.Split("\r\n")
        );
        Assert.Null(failed.NextLine);
        var corrected = failed
            .Text.Replace(",1,Fem", ",529.982.247-25,Fem", StringComparison.Ordinal)
            .Replace("32/01", "31/01", StringComparison.Ordinal);
        var again = await RunAsync(silo, FileKind.Fhir, corrected);
        Assert.Equal((FileStatus.Completed, 2, 2), (again.Status, again.Rows, again.Succeeded));
        Assert.Null(await silo.Client.GetQuery<IFileQueryGrain>().ReadFailures(Guid.NewGuid(), 0));
    }

    [Fact]
    public async Task A_large_file_of_bad_rows_comes_in_parts()
    {
        await using var silo = await StartAsync();
        var wide = new string('x', 20_000);
        var rows = string.Concat(Enumerable.Range(0, 120).Select(i => $"{wide},{i},,,,,\n"));
        var sent = await RunAsync(silo, FileKind.Fhir, Header + rows);
        Assert.Equal(120, sent.Invalid);
        var parts = new List<string>();

        for (long? after = 0; after is { } line; )
        {
            var part = await silo.Client.GetQuery<IFileQueryGrain>().ReadFailures(sent.FileId, line);
            Assert.InRange(part!.Text.Length, 1, 1100 * 1024);
            parts.Add(part.Text);
            after = part.NextLine;
        }

        Assert.Equal(3, parts.Count);
        Assert.Equal(121, string.Concat(parts).TrimEnd().Split("\r\n").Length);
    }

    [Fact]
    public async Task A_preview_maps_the_first_rows_and_stores_nothing()
    {
        await using var silo = await StartAsync();
        var preview = await silo
            .Client.GetQuery<IFileQueryGrain>()
            .Preview(FileKind.Fhir, new FileChunk(Encoding.UTF8.GetBytes(Good + "Ana,1,,,,,\nAna,1,,,,,,too wide\n")), null);

        Assert.Null(preview.Refusal);
        Assert.Equal(
            [null, null, "CPF is missing or not valid", "the row has 8 fields and the header 7"],
            preview.Rows.Select(row => row.Problem)
        );
        Assert.Equal(
            [
                "Nome: Maria da Silva -> family Silva, given Maria da",
                "CPF: 529.982.247-25 -> 52998224725",
                "Gênero: Feminino -> female",
                "Data de Nascimento: 07/03/1984 -> 1984-03-07",
                "Telefone: +55 11 99999-0000 -> +55 11 99999-0000",
                "País de Nascimento: Brasil -> Brasil",
                "Observação: Diabético|Gestante -> Diabetes mellitus type 2 (44054006); Pregnancy (77386006)",
            ],
            preview.Rows[0].Fields.Select(field => $"{field.Column}: {field.Value} -> {field.Mapped}")
        );
        Assert.All(preview.Rows[2].Fields, field => Assert.Null(field.Mapped));
        Assert.Contains("44054006", preview.Rows[0].Bundle!.Text, StringComparison.Ordinal);
        Assert.Equal((0, 0), (await CountAsync("upload_files"), Sandbox.Store.Count("Patient")));
    }
}
