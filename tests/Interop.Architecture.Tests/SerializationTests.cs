using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;
using Interop.Ingestion;

namespace Interop.Architecture.Tests;

/// <summary>What only the real engine would notice: the embedded one passes objects by reference and needs no serializers.</summary>
public sealed class SerializationTests
{
    private static readonly Assembly Abstractions = typeof(IIngestionRunGrain).Assembly;

    private static readonly HashSet<Type> Primitives =
    [
        typeof(bool),
        typeof(int),
        typeof(long),
        typeof(double),
        typeof(decimal),
        typeof(string),
        typeof(byte),
        typeof(Guid),
        typeof(DateTimeOffset),
        typeof(TimeSpan),
        typeof(Uri),
        typeof(ReadOnlyMemory<byte>),
    ];

    private static readonly HashSet<Type> Containers =
    [
        typeof(Nullable<>),
        typeof(ImmutableArray<>),
        typeof(ImmutableDictionary<,>),
        typeof(ImmutableSortedDictionary<,>),
        typeof(ImmutableHashSet<>),
    ];

    public static TheoryData<string> GrainInterfaces => [.. Abstractions.GetTypes().Where(IsGrainInterface).Select(t => t.FullName!)];

    public static TheoryData<string> Messages => [.. Reachable().Where(t => t.Assembly == Abstractions).Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(GrainInterfaces))]
    public void Every_grain_interface_and_method_has_an_alias_of_its_own(string name)
    {
        var type = Abstractions.GetType(name)!;

        Assert.NotNull(type.GetCustomAttribute<AliasAttribute>());
        var aliases = type.GetMethods().Select(m => m.GetCustomAttribute<AliasAttribute>()?.Alias).ToList();
        Assert.DoesNotContain(null, aliases);
        Assert.Equal(aliases.Count, aliases.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_type_that_crosses_a_call_is_serializable_with_an_alias(string name)
    {
        var type = Abstractions.GetType(name)!;
        if (type.IsEnum)
            return; // enums travel as their numbers

        Assert.True(type.IsDefined(typeof(GenerateSerializerAttribute)), $"{name} lacks [GenerateSerializer]");
        Assert.True(type.IsDefined(typeof(AliasAttribute)), $"{name} lacks [Alias]");
        Assert.True(type.IsDefined(typeof(ImmutableAttribute)), $"{name} lacks [Immutable]");
        Assert.True(type.IsSealed, $"{name} is not sealed");
        Assert.All(Members(type), member => Assert.True(IsSerializable(member.Type), $"{name}.{member.Name} is a {member.Type}"));
    }

    [Fact]
    public void No_alias_is_given_twice()
    {
        // What Orleans' generator makes of these types repeats their aliases.
        var written = Abstractions.GetTypes().Where(t => t.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true);
        var aliases = written.Select(t => t.GetCustomAttribute<AliasAttribute>()?.Alias).OfType<string>().ToList();

        Assert.NotEmpty(aliases);
        Assert.Equal(aliases.Count, aliases.Distinct().Count());
    }

    /// <summary>The policy of wire types (CONTRIBUTING.md): an endpoint returns the message unless its JSON differs.</summary>
    [Fact]
    public void No_record_of_the_front_end_repeats_a_message()
    {
        var messages = Abstractions
            .GetTypes()
            .Where(type => type.IsPublic && type.IsDefined(typeof(GenerateSerializerAttribute)))
            .ToLookup(Form);
        var repeated =
            from type in Assembly.Load("Interop.Api").GetTypes()
            where type.IsPublic && type.GetMethod("<Clone>$") is not null && !HasHttpAttributes(type)
            from message in messages[Form(type)]
            select $"{type.Name} repeats {message.Name}";

        Assert.Empty(repeated);
    }

    [Fact]
    public void The_messages_of_a_call_are_found() =>
        Assert.Superset(
            new HashSet<Type>
            {
                typeof(RunRequest),
                typeof(RunMeta),
                typeof(StartRunResult),
                typeof(RunProgress),
                typeof(RunCounters),
                typeof(JsonText),
            },
            Reachable()
        );

    private static bool IsGrainInterface(Type type) => type.IsInterface && typeof(IGrain).IsAssignableFrom(type);

    private static HashSet<Type> Reachable()
    {
        var found = new HashSet<Type>();
        var open = new Queue<Type>(
            Abstractions
                .GetTypes()
                .Where(IsGrainInterface)
                .SelectMany(t => t.GetMethods())
                .SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType))
        );
        while (open.TryDequeue(out var type))
        {
            if (type.IsGenericType)
            {
                foreach (var argument in type.GetGenericArguments())
                    open.Enqueue(argument);
            }
            else if (type.Assembly == Abstractions && found.Add(type))
            {
                foreach (var member in Members(type))
                    open.Enqueue(member.Type);
            }
        }

        return found;
    }

    private static IEnumerable<(string Name, Type Type)> Members(Type type) =>
        type.IsEnum
            ? []
            : type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
                .Where(p => p.GetMethod!.GetParameters().Length == 0 && p.CanWrite)
                .Select(p => (p.Name, p.PropertyType));

    private static bool IsSerializable(Type type) =>
        Primitives.Contains(type)
        || type.IsEnum
        || type.Assembly == Abstractions
        || (type.IsGenericType && Containers.Contains(type.GetGenericTypeDefinition()) && type.GetGenericArguments().All(IsSerializable));

    private static string Form(Type type) => string.Join(';', type.GetProperties().Select(property => property.ToString()));

    /// <summary>Whether the record has attributes that a message may not have: names in JSON, descriptions, required members.</summary>
    private static bool HasHttpAttributes(Type type) =>
        type.GetProperties()
            .SelectMany(property => property.GetCustomAttributes())
            .Any(attribute =>
                attribute is JsonAttribute
                || attribute.GetType().Namespace!.StartsWith("System.ComponentModel", StringComparison.Ordinal)
                || attribute.GetType().Namespace!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            );
}
