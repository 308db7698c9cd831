using System.Data;
using System.Globalization;
using System.Reflection;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Interop.Storage;

/// <summary>Converts values of both dialects to members of a row's type, and to parameters of a statement.</summary>
internal static class RowMapping
{
    private static readonly Lazy<bool> Registered = new(() =>
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.TypeMapProvider = type => new ByName(type);
        // Dapper ignores a handler for these types unless its own mapping is removed.
        Use(new DateTimeOffsetHandler());
        Use(new DateTimeHandler());
        Use(new DoubleHandler());
        Use(new DecimalHandler());
        return true;
    });

    public static void Register() => _ = Registered.Value;

    private static void Use<T>(SqlMapper.TypeHandler<T> handler)
        where T : struct
    {
        SqlMapper.RemoveTypeMap(typeof(T));
        SqlMapper.RemoveTypeMap(typeof(T?));
        SqlMapper.AddTypeHandler(handler);
    }

    /// <summary>
    /// Chooses a record's constructor by the names of its parameters only. SQLite returns every integer as a long and every instant as
    /// text, and Dapper would otherwise require parameters of exactly these types.
    /// </summary>
    private sealed class ByName(Type type) : SqlMapper.ITypeMap
    {
        private readonly DefaultTypeMap _members = new(type);

        public ConstructorInfo? FindConstructor(string[] names, Type[] types) =>
            _members.FindConstructor(names, types)
            ?? type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .FirstOrDefault(constructor =>
                    constructor.GetParameters() is var parameters
                    && parameters.Length == names.Length
                    && names.All(name => _members.GetConstructorParameter(constructor, name) is not null)
                );

        public ConstructorInfo? FindExplicitConstructor() => _members.FindExplicitConstructor();

        public SqlMapper.IMemberMap? GetConstructorParameter(ConstructorInfo constructor, string columnName) =>
            _members.GetConstructorParameter(constructor, columnName);

        public SqlMapper.IMemberMap? GetMember(string columnName) => _members.GetMember(columnName);
    }

    private static string SqliteText(DateTime utc) => utc.ToString("O", CultureInfo.InvariantCulture);

    private static DateTime ReadUtc(object value) =>
        value switch
        {
            DateTime instant => DateTime.SpecifyKind(instant, DateTimeKind.Utc),
            DateTimeOffset instant => instant.UtcDateTime,
            string text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime,
            _ => throw new InvalidCastException($"A {value.GetType()} is not an instant"),
        };

    private sealed class DateTimeOffsetHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) =>
            parameter.Value = parameter is SqliteParameter ? SqliteText(value.UtcDateTime) : value.ToUniversalTime();

        public override DateTimeOffset Parse(object value) => new(ReadUtc(value));
    }

    private sealed class DateTimeHandler : SqlMapper.TypeHandler<DateTime>
    {
        public override void SetValue(IDbDataParameter parameter, DateTime value)
        {
            if (value.Kind != DateTimeKind.Utc)
                throw new ArgumentException(
                    $"The parameter {parameter.ParameterName} is a {value.Kind} time: an instant in the database is UTC"
                );
            parameter.Value = parameter is SqliteParameter ? SqliteText(value) : value;
        }

        public override DateTime Parse(object value) => ReadUtc(value);
    }

    /// <summary>SQLite may return a column as a long in one row and as a double in the next.</summary>
    private sealed class DoubleHandler : SqlMapper.TypeHandler<double>
    {
        public override void SetValue(IDbDataParameter parameter, double value) => parameter.Value = value;

        public override double Parse(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
    }

    private sealed class DecimalHandler : SqlMapper.TypeHandler<decimal>
    {
        public override void SetValue(IDbDataParameter parameter, decimal value) => parameter.Value = value;

        public override decimal Parse(object value) =>
            value is string text
                ? decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)
                : Convert.ToDecimal(value, CultureInfo.InvariantCulture);
    }
}
