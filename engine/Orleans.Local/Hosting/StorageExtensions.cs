using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.AdoNet;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Runtime;
using Orleans.State;
using Orleans.Storage;

namespace Orleans.Hosting
{
    /// <summary>States in memory, lost when the silo stops.</summary>
    public static class MemoryGrainStorageSiloBuilderExtensions
    {
        /// <summary>Adds a storage in memory under a name.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(
            this ISiloBuilder builder,
            string name,
            Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null
        )
        {
            configureOptions?.Invoke(builder.Services.AddOptions<MemoryGrainStorageOptions>(name));
            return builder.AddStorage(name, static (_, _) => new MemoryGrainStorage());
        }

        /// <summary>Adds a storage in memory under a name.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(
            this ISiloBuilder builder,
            string name,
            Action<MemoryGrainStorageOptions> configureOptions
        ) => builder.AddMemoryGrainStorage(name, options => options.Configure(configureOptions));

        /// <summary>Adds a storage in memory for states that name no storage.</summary>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(
            this ISiloBuilder builder,
            Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null
        ) => builder.AddMemoryGrainStorage(NamedStorage.Default, configureOptions);

        /// <summary>Adds a storage in memory for states that name no storage.</summary>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(
            this ISiloBuilder builder,
            Action<MemoryGrainStorageOptions> configureOptions
        ) => builder.AddMemoryGrainStorage(NamedStorage.Default, configureOptions);
    }

    /// <summary>States in a database.</summary>
    public static class AdoNetGrainStorageSiloBuilderExtensions
    {
        /// <summary>Adds a storage in a database under a name.</summary>
        public static ISiloBuilder AddAdoNetGrainStorage(
            this ISiloBuilder builder,
            string name,
            Action<OptionsBuilder<AdoNetGrainStorageOptions>>? configureOptions = null
        )
        {
            configureOptions?.Invoke(builder.Services.AddOptions<AdoNetGrainStorageOptions>(name));
            builder.Services.TryAddSingleton<AdoNetDataSources>();
            return builder.AddStorage(
                name,
                static (services, name) =>
                    new AdoNetGrainStorage(
                        name,
                        services.GetRequiredService<IOptionsMonitor<AdoNetGrainStorageOptions>>().Get(name),
                        services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
                        services.GetRequiredService<AdoNetDataSources>()
                    )
            );
        }

        /// <summary>Adds a storage in a database under a name.</summary>
        public static ISiloBuilder AddAdoNetGrainStorage(
            this ISiloBuilder builder,
            string name,
            Action<AdoNetGrainStorageOptions> configureOptions
        ) => builder.AddAdoNetGrainStorage(name, options => options.Configure(configureOptions));

        /// <summary>Adds a storage in a database for states that name no storage.</summary>
        public static ISiloBuilder AddAdoNetGrainStorageAsDefault(
            this ISiloBuilder builder,
            Action<OptionsBuilder<AdoNetGrainStorageOptions>>? configureOptions = null
        ) => builder.AddAdoNetGrainStorage(NamedStorage.Default, configureOptions);

        /// <summary>Adds a storage in a database for states that name no storage.</summary>
        public static ISiloBuilder AddAdoNetGrainStorageAsDefault(
            this ISiloBuilder builder,
            Action<AdoNetGrainStorageOptions> configureOptions
        ) => builder.AddAdoNetGrainStorage(NamedStorage.Default, configureOptions);
    }

    /// <summary>Reminders in memory, lost when the silo stops.</summary>
    public static class SiloBuilderReminderMemoryExtensions
    {
        /// <summary>Keeps reminders in memory: for tests and single processes.</summary>
        public static ISiloBuilder UseInMemoryReminderService(this ISiloBuilder builder)
        {
            builder.Services.AddReminders();
            builder.Services.AddSingleton<IReminderTable, MemoryReminderTable>();
            return builder;
        }
    }

    /// <summary>Reminders in a database.</summary>
    public static class SiloBuilderReminderExtensions
    {
        /// <summary>Keeps reminders in a database.</summary>
        public static ISiloBuilder UseAdoNetReminderService(
            this ISiloBuilder builder,
            Action<OptionsBuilder<AdoNetReminderTableOptions>> configureOptions
        )
        {
            configureOptions(builder.Services.AddOptions<AdoNetReminderTableOptions>());
            builder.Services.AddReminders();
            builder.Services.TryAddSingleton<AdoNetDataSources>();
            builder.Services.AddSingleton<IReminderTable>(services => new AdoNetReminderTable(
                services.GetRequiredService<IOptions<AdoNetReminderTableOptions>>().Value,
                services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
                services.GetRequiredService<AdoNetDataSources>()
            ));
            return builder;
        }

        /// <summary>Keeps reminders in a database.</summary>
        public static ISiloBuilder UseAdoNetReminderService(
            this ISiloBuilder builder,
            Action<AdoNetReminderTableOptions> configureOptions
        ) => builder.UseAdoNetReminderService(options => options.Configure(configureOptions));
    }

    internal static class ReminderServices
    {
        public static void AddReminders(this IServiceCollection services)
        {
            services.AddSingleton(provider => new ReminderService(
                provider.GetRequiredService<IReminderTable>(),
                provider.GetRequiredService<IOptions<ReminderOptions>>().Value.MinimumReminderPeriod,
                provider.GetRequiredService<IGrainFactory>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ReminderService>>()
            ));
            services.AddSingleton<IReminderRegistry>(provider => provider.GetRequiredService<ReminderService>());
        }
    }

    /// <summary>The name of a storage of the silo, which creates it when it starts: a wrong setting fails the start.</summary>
    internal sealed record StorageName(string Name);

    internal static class NamedStorage
    {
        public const string Default = Providers.ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;

        /// <summary>Registers the storage by its name, and also without a name if it is the default.</summary>
        public static ISiloBuilder AddStorage(this ISiloBuilder builder, string name, Func<IServiceProvider, string, IGrainStorage> create)
        {
            builder.Services.AddKeyedSingleton(name, (services, _) => create(services, name));
            builder.Services.AddSingleton(new StorageName(name));
            if (name == Default)
                builder.Services.TryAddSingleton(services => services.GetRequiredKeyedService<IGrainStorage>(Default));
            return builder;
        }
    }
}

namespace Orleans.Providers
{
    /// <summary>Names of providers that are used when none is given.</summary>
    public static class ProviderConstants
    {
        /// <summary>The storage of states that name none.</summary>
        public const string DEFAULT_STORAGE_PROVIDER_NAME = "Default";
    }
}
