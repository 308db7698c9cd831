using Interop.Uploads.Csv;
using Interop.Uploads.Patients;
using Interop.Uploads.Tm2;

namespace Interop.Grains.Tests.Uploads;

/// <summary>The rules of a row, without a silo.</summary>
public sealed class RowRuleTests
{
    [Theory]
    [InlineData("2026-01-05", "2026-01-05")]
    [InlineData("5 Jan 2026", "2026-01-05")]
    [InlineData("January 5, 2026", "2026-01-05")]
    [InlineData("25/01/2026", "2026-01-25")]
    [InlineData("01/25/2026", "2026-01-25")]
    [InlineData("05/05/2026", "2026-05-05")]
    [InlineData("03/04/2026", null)]
    [InlineData("31/02/2026", null)]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    public void A_date_is_read_when_it_has_one_meaning(string text, string? expected) =>
        Assert.Equal(expected, Tm2Format.ParseDate(text)?.ToString("yyyy-MM-dd"));

    [Theory]
    [InlineData("TM2.AY.001", true)]
    [InlineData("SK00", true)]
    [InlineData("ST2Z", true)]
    [InlineData("SR10.1", true)]
    [InlineData("SJ99", false)]
    [InlineData("ST30", false)]
    [InlineData("SU00", false)]
    [InlineData("TM2", false)]
    [InlineData("TM2.ABCDEFGHIJKLMNOPQ", false)]
    [InlineData("1A00", false)]
    public void Codes_are_of_the_documented_form_or_of_module_two(string code, bool isCode) => Assert.Equal(isCode, Tm2Format.IsCode(code));

    [Fact]
    public void Synonyms_are_mapped_and_unknown_words_have_a_value_of_their_own()
    {
        var format = new Tm2Format(TimeProvider.System);
        var record = format.Read(["p-1", "sk62", "Tremor", "tcm", "Life threatening", "2026-01-05", "dr_1"], out _)!;
        Assert.Equal(
            ("P-1", "SK62", "Traditional Chinese Medicine", "Critical", "DR_1"),
            (record.PatientId, record.Code, record.SystemType, record.Severity, record.PractitionerId)
        );
        var other = format.Read(["p-1", "SK62", "Tremor", "Reiki", "?", "2026-01-05", "dr_1"], out _)!;
        Assert.Equal(("Other", "Unknown"), (other.SystemType, other.Severity));
        Assert.Equal(record.Hash, other.Hash);
        Assert.Null(format.Read(["p 1", "SK62", "Tremor", "", "", "2026-01-05", "d"], out var problem));
        Assert.StartsWith("patient_id", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("529.982.247-25", "52998224725")]
    [InlineData("11144477735", "11144477735")]
    [InlineData("111.444.777-36", null)]
    [InlineData("111.111.111-11", null)]
    [InlineData("123", null)]
    [InlineData("529982247250", null)]
    public void Check_digits_of_a_CPF_are_checked(string text, string? expected) => Assert.Equal(expected, Cpf.Normalize(text));

    [Theory]
    [InlineData("  País  de NASCIMENTO ", "pais de nascimento")]
    [InlineData("Gênero", "genero")]
    [InlineData("Diabe\u0301tico", "diabetico")]
    public void Names_are_compared_without_case_accents_and_spaces(string text, string expected) =>
        Assert.Equal(expected, ColumnName.Fold(text));
}
