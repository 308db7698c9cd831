using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>A grain class and its attributes.</summary>
internal sealed class GrainClass
{
    private const string Suffix = "grain";

    private readonly Lazy<(ObjectFactory Factory, Func<Activation, object>[] Facets)> _constructor;

    public GrainClass(Type type)
    {
        Type = type;
        GrainType = GrainType.Create(type.GetCustomAttribute<GrainTypeAttribute>()?.Name ?? NameOf(type));
        Interfaces = [.. type.GetInterfaces().Where(i => i.IsAssignableTo(typeof(IAddressable)) && !IsMarker(i))];
        PrimaryInterface = Interfaces is [var first, ..] ? first : typeof(IGrain);
        Reentrant = type.IsDefined(typeof(ReentrantAttribute));
        KeepAlive = type.IsDefined(typeof(KeepAliveAttribute));
        AgeLimit = type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit;
        MaxWorkers = type.GetCustomAttribute<StatelessWorkerAttribute>()?.MaxLocalWorkers ?? 0;
        FiltersItsCalls = type.IsAssignableTo(typeof(IIncomingGrainCallFilter));
        _constructor = new(FindConstructor);
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    /// <summary>The grain interfaces of the class.</summary>
    public IReadOnlyList<Type> Interfaces { get; }

    public Type PrimaryInterface { get; }

    public bool Reentrant { get; }

    public bool KeepAlive { get; }

    public TimeSpan? AgeLimit { get; }

    /// <summary>0 unless the class is a stateless worker.</summary>
    public int MaxWorkers { get; }

    public bool FiltersItsCalls { get; }

    /// <summary>The class as management statistics name it: full name, comma, assembly.</summary>
    public string StatisticsName => $"{Type.FullName},{Type.Assembly.GetName().Name}";

    /// <exception cref="InvalidOperationException">The constructor failed, or a service that it needs.</exception>
    public object CreateInstance(Activation activation)
    {
        try
        {
            var (factory, facets) = _constructor.Value;
            return factory(activation.ActivationServices, Array.ConvertAll(facets, facet => facet(activation)));
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{Type} could not be created: {exception.Message}", exception);
        }
    }

    private (ObjectFactory, Func<Activation, object>[]) FindConstructor()
    {
        var constructors = Type.GetConstructors();
        var constructor =
            constructors.FirstOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.MaxBy(c => c.GetParameters().Length)
            ?? throw new OrleansConfigurationException($"{Type} has no public constructor.");

        // Only the parameters that a service provider cannot supply; the others come from the activation's services.
        var facets = constructor
            .GetParameters()
            .Select(p => (p.ParameterType, Facet: FacetOf(p)))
            .Where(p => p.Facet is not null)
            .ToArray();
        return (ActivatorUtilities.CreateFactory(Type, [.. facets.Select(f => f.ParameterType)]), [.. facets.Select(f => f.Facet!)]);
    }

    private static Func<Activation, object>? FacetOf(ParameterInfo parameter)
    {
        if (parameter.ParameterType == typeof(IGrainContext))
            return activation => activation;
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is not { } attribute)
            return null;
        if (!parameter.ParameterType.IsGenericType || parameter.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            throw new OrleansConfigurationException(
                $"{parameter.Member.DeclaringType}: [PersistentState] belongs on an IPersistentState<T>."
            );

        return activation => activation.Silo.States.Create(activation, attribute, parameter.ParameterType);
    }

    private static string NameOf(Type type)
    {
        var name = type.Name.ToLowerInvariant();
        return name.EndsWith(Suffix, StringComparison.Ordinal) && name.Length > Suffix.Length ? name[..^Suffix.Length] : name;
    }

    private static bool IsMarker(Type type) =>
        type == typeof(IAddressable)
        || type == typeof(IGrain)
        || type == typeof(IGrainWithStringKey)
        || type == typeof(IGrainWithGuidKey)
        || type == typeof(IGrainWithIntegerKey);
}
