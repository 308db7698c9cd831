using System.Globalization;
using Interop.Uploads.Csv;
using Interop.Uploads.Formats;

namespace Interop.Uploads.Patients;

/// <summary>A row that was mapped.</summary>
internal sealed record PatientRow
{
    public required string Identifier { get; init; }

    public required string Family { get; init; }

    public required IReadOnlyList<string> Given { get; init; }

    public string? Gender { get; init; }

    public DateOnly? BirthDate { get; init; }

    public string? Phone { get; init; }

    public string? Country { get; init; }

    public IReadOnlyList<string> Terms { get; init; } = [];
}

/// <summary>The columns and checks of a mapping profile.</summary>
internal sealed class PatientFormat : FileFormat
{
    private const int MostTerms = 50;
    private readonly MappingProfile _profile;
    private readonly Dictionary<string, string> _genders;
    private readonly Dictionary<string, CodedTerm> _codes;
    private readonly int _identifier,
        _name,
        _gender,
        _birthDate,
        _phone,
        _country,
        _terms;

    public PatientFormat(MappingProfile profile)
    {
        _profile = profile;
        _genders = profile.Gender?.Values.ToDictionary(pair => ColumnName.Fold(pair.Key), pair => pair.Value, StringComparer.Ordinal) ?? [];
        _codes = (profile.Terms?.Codes ?? []).ToDictionary(
            pair => ColumnName.Fold(pair.Key),
            pair => new CodedTerm(pair.Value.System, pair.Value.Code, pair.Value.Display, pair.Value.IsObservation),
            StringComparer.Ordinal
        );
        var columns = new List<FormatColumn>();
        int Add(string? name, bool isRequired = true)
        {
            if (name is null)
                return -1;
            columns.Add(new FormatColumn(name, isRequired));
            return columns.Count - 1;
        }
        _name = Add(profile.NameColumn);
        _identifier = Add(profile.Identifier.Column);
        _gender = Add(profile.Gender?.Column);
        _birthDate = Add(profile.BirthDate?.Column);
        _phone = Add(profile.PhoneColumn);
        _country = Add(profile.CountryColumn);
        _terms = Add(profile.Terms?.Column, isRequired: false);
        Columns = columns;
    }

    public MappingProfile Profile => _profile;

    public override IReadOnlyList<FormatColumn> Columns { get; }

    public override string? Problem(string[] fields) => Map(fields, out var problem) is null ? problem : null;

    /// <summary>The row, or null and what is wrong with it.</summary>
    public PatientRow? Map(string[] fields, out string? problem)
    {
        problem = null;
        var words = fields[_name].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            return Refuse($"{_profile.NameColumn} is missing", out problem);
        var identifier =
            _profile.Identifier.Format == "cpf" ? Cpf.Normalize(fields[_identifier])
            : fields[_identifier] is { Length: > 0 and <= 100 } text ? text
            : null;
        if (identifier is null)
            return Refuse($"{_profile.Identifier.Column} is missing or not valid", out problem);
        DateOnly? birthDate = null;
        if (_birthDate >= 0 && fields[_birthDate].Length > 0)
        {
            if (
                !DateOnly.TryParseExact(
                    fields[_birthDate],
                    _profile.BirthDate!.Format,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.None,
                    out var date
                )
                || date.Year < 1850
            )
                return Refuse($"{_profile.BirthDate.Column} is not a date of the form {_profile.BirthDate.Format}", out problem);
            birthDate = date;
        }
        var terms =
            _terms < 0
                ? []
                : fields[_terms].Split(_profile.Terms!.Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (terms.Length > MostTerms)
            return Refuse($"{_profile.Terms!.Column} has more than {MostTerms} terms", out problem);
        return new PatientRow
        {
            Identifier = identifier,
            Family = words[^1],
            Given = words[..^1],
            Gender = _gender < 0 ? null : _genders.GetValueOrDefault(ColumnName.Fold(fields[_gender]), _profile.Gender!.Otherwise),
            BirthDate = birthDate,
            Phone = _phone >= 0 && fields[_phone].Length > 0 ? fields[_phone] : null,
            Country = _country >= 0 && fields[_country].Length > 0 ? fields[_country] : null,
            Terms = [.. terms.DistinctBy(ColumnName.Fold)],
        };
    }

    /// <summary>The code of each term of the row: from the profile's table, else from the terminology. Two words for one code are one
    /// entry.</summary>
    /// <exception cref="TerminologyUnavailableException">The terminology server did not answer.</exception>
    public async ValueTask<IReadOnlyList<(string Term, CodedTerm? Code)>> FindTermsAsync(
        PatientRow row,
        ITerminology terminology,
        CancellationToken cancellationToken
    )
    {
        if (row.Terms.Count == 0)
            return [];
        var terms = new List<(string Term, CodedTerm? Code)>(row.Terms.Count);
        foreach (var term in row.Terms)
            terms.Add((term, _codes.GetValueOrDefault(ColumnName.Fold(term)) ?? await terminology.FindAsync(term, cancellationToken)));
        return [.. terms.DistinctBy(term => term.Code?.Code ?? ColumnName.Fold(term.Term))];
    }

    /// <summary>What each column of the row becomes, in words.</summary>
    public IReadOnlyList<string?> Describe(PatientRow row, IReadOnlyList<(string Term, CodedTerm? Code)> terms)
    {
        var described = new string?[Columns.Count];
        void Set(int column, string? text)
        {
            if (column >= 0)
                described[column] = text;
        }
        Set(_name, row.Given.Count == 0 ? $"family {row.Family}" : $"family {row.Family}, given {string.Join(' ', row.Given)}");
        Set(_identifier, row.Identifier);
        Set(_gender, row.Gender);
        Set(_birthDate, row.BirthDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Set(_phone, row.Phone);
        Set(_country, row.Country);
        Set(
            _terms,
            terms.Count == 0
                ? null
                : string.Join(
                    "; ",
                    terms.Select(term => term.Code is { } code ? $"{code.Display} ({code.Code})" : $"{term.Term} (no code)")
                )
        );
        return described;
    }

    private static PatientRow? Refuse(string reason, out string? problem)
    {
        problem = reason;
        return null;
    }
}
