using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>
/// The grain classes of the application: every class that derives from <see cref="Grain"/> in the loaded assemblies and in those that they
/// refer to, as far as these refer to the engine.
/// </summary>
internal sealed class GrainClassMap
{
    private static readonly ConcurrentDictionary<Assembly, GrainClass[]> Scanned = new();
    private static readonly string Engine = typeof(GrainClassMap).Assembly.GetName().Name!;

    // Assemblies without grains; loading them would only cost time.
    private static readonly string[] Skipped = ["System", "Microsoft", "netstandard", "mscorlib", "xunit", "testhost"];

    private readonly Dictionary<GrainType, GrainClass> _byType = [];
    private readonly Dictionary<Type, List<GrainClass>> _byInterface = [];

    /// <exception cref="OrleansConfigurationException">Two classes have the same grain type.</exception>
    public GrainClassMap()
    {
        foreach (var grainClass in ApplicationAssemblies().SelectMany(a => Scanned.GetOrAdd(a, Scan)))
        {
            if (!_byType.TryAdd(grainClass.GrainType, grainClass))
                throw new OrleansConfigurationException(
                    $"{grainClass.Type} and {_byType[grainClass.GrainType].Type} have the same grain type \"{grainClass.GrainType}\": "
                        + "give one of them another name with [GrainType]."
                );

            foreach (var type in grainClass.Interfaces)
            {
                if (!_byInterface.TryGetValue(type, out var classes))
                    _byInterface.Add(type, classes = []);
                classes.Add(grainClass);
            }
        }
    }

    public bool TryGet(GrainType type, out GrainClass grainClass) => _byType.TryGetValue(type, out grainClass!);

    /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
    public GrainClass Find(Type interfaceType, string? classNamePrefix)
    {
        var candidates = _byInterface.GetValueOrDefault(interfaceType) ?? [];
        if (!string.IsNullOrEmpty(classNamePrefix))
            candidates = [.. candidates.Where(c => c.Type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal))];

        // Of several classes the one that is named like the interface is chosen.
        if (candidates.Count > 1 && candidates.Find(c => c.Type.Name == interfaceType.Name[1..]) is { } namesake)
            return namesake;
        return candidates switch
        {
            [var one] => one,
            [] => throw new ArgumentException($"Could not find an implementation for interface {interfaceType}."),
            _ => throw new ArgumentException(
                $"More than one class implements {interfaceType}: {string.Join(", ", candidates.Select(c => c.Type))}. "
                    + "Choose one with grainClassNamePrefix."
            ),
        };
    }

    private static GrainClass[] Scan(Assembly assembly) =>
        [
            .. assembly
                .GetTypes()
                .Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && t.IsAssignableTo(typeof(Grain)))
                .Select(t => new GrainClass(t)),
        ];

    private static List<Assembly> ApplicationAssemblies()
    {
        var seen = new HashSet<string>();
        var found = new List<Assembly>();
        var open = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic));
        while (open.TryDequeue(out var assembly))
        {
            var name = assembly.GetName();
            if (IsSkipped(name) || !seen.Add(name.FullName))
                continue;

            var references = assembly.GetReferencedAssemblies();
            if (name.Name == Engine || references.Any(r => r.Name == Engine))
                found.Add(assembly);
            foreach (var reference in references.Where(r => !IsSkipped(r) && !seen.Contains(r.FullName)))
            {
                if (TryLoad(reference) is { } referred)
                    open.Enqueue(referred);
            }
        }

        return found;
    }

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (FileNotFoundException)
        {
            // An optional reference that is not deployed. It contains no grains.
            return null;
        }
    }

    private static bool IsSkipped(AssemblyName name) =>
        Array.Exists(Skipped, s => name.Name!.StartsWith(s, StringComparison.OrdinalIgnoreCase));
}
