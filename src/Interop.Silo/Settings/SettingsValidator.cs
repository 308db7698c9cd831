using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Interop.Silo.Settings;

/// <summary>
/// Validates options by their data annotations and by <see cref="IValidatableObject"/>, nested objects and dictionary entries too. The
/// framework's own validator names the property; this one names the setting as its user knows it and says what it takes. The messages of
/// <see cref="IValidatableObject"/> follow the name: "must be users or patient".
/// </summary>
internal sealed class SettingsValidator<T>(string section, IServiceProvider services) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var failures = Failures(section, options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> Failures(string path, object options)
    {
        if (options is IDictionary entries)
        {
            foreach (DictionaryEntry entry in entries)
            {
                foreach (var failure in Failures($"{path}:{entry.Key}", entry.Value!))
                    yield return failure;
            }

            yield break;
        }

        foreach (
            var property in options
                .GetType()
                .GetProperties()
                .Where(p => p.GetIndexParameters().Length == 0 && p.SetMethod is { IsPublic: true })
        )
        {
            var value = property.GetValue(options);
            var key = $"{path}:{property.Name}";
            foreach (var attribute in property.GetCustomAttributes<ValidationAttribute>())
            {
                if (!attribute.IsValid(value))
                    yield return $"{SettingsCatalog.NameOf(key)} {Message(attribute, property, value)}";
            }

            if (
                value is not null
                && property.PropertyType is { IsClass: true, Namespace: { } space }
                && space.StartsWith("Interop", StringComparison.Ordinal)
            )
            {
                foreach (var failure in Failures(key, value))
                    yield return failure;
            }
        }

        if (options is not IValidatableObject validatable)
            yield break;
        foreach (var result in validatable.Validate(new ValidationContext(options, services, null)))
            yield return $"{string.Join(", ", result.MemberNames.Select(member => SettingsCatalog.NameOf($"{path}:{member}")))} {result.ErrorMessage}";
    }

    private static string Message(ValidationAttribute attribute, PropertyInfo property, object? value) =>
        attribute switch
        {
            RequiredAttribute => "is missing",
            RangeAttribute =>
                $"must be {SettingsCheck.Expected(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property)}, not '{value}'",
            AllowedValuesAttribute allowed => $"must be {string.Join(", ", allowed.Values.Where(v => v is not null))}, not '{value}'",
            _ => attribute.FormatErrorMessage(property.Name),
        };
}
