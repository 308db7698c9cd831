using Interop.Access;
using Microsoft.Extensions.Options;

namespace Interop.Silo.Settings;

/// <summary>Registers the options of every section of <see cref="SettingsCatalog"/>: bound, and validated at start.</summary>
internal static class SettingsServices
{
    public static IServiceCollection AddSettings(this IServiceCollection services, IConfiguration configuration)
    {
        foreach (var section in SettingsCatalog.Sections)
            section.Register(services, configuration);
        return services;
    }

    /// <summary>Reads and validates all settings.</summary>
    /// <exception cref="SettingsException">A setting is bad; the message names it and says what it takes.</exception>
    public static InteropSettings Read(SettingsLayers layers, TimeProvider time)
    {
        var configuration = SettingsCheck.Check(layers);
        var services = new ServiceCollection().AddSingleton(time).AddSettings(configuration);
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception e) when (FirstFailure(e) is { } failure)
        {
            throw new SettingsException(failure);
        }

        var settings = provider.GetRequiredService<IOptions<InteropSettings>>().Value;
        settings.Configuration = configuration;
        if (settings.Sources.Keys.Any(name => name.Equals(AuditTrail.Source, StringComparison.OrdinalIgnoreCase)))
            throw new SettingsException(
                $"Sources:{AuditTrail.Source} must have another name: this one is that of the platform's own audit trail"
            );
        return settings.OtlpEndpoint is { } endpoint && !InteropSettings.IsHttpUrl(endpoint)
            ? throw new SettingsException($"OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https URL, not '{endpoint}'")
            : settings;
    }

    private static string? FirstFailure(Exception e) =>
        e switch
        {
            OptionsValidationException invalid => invalid.Failures.First(),
            AggregateException many => many.InnerExceptions.Select(FirstFailure).FirstOrDefault(failure => failure is not null),
            _ => null,
        };
}

/// <summary>A setting is missing or bad: the message names it and says what it takes.</summary>
internal sealed class SettingsException(string message) : Exception(message);
