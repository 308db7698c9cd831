namespace System.Runtime.CompilerServices;

/// <summary>
/// The runtime honours this attribute by name on dynamic assemblies: the generated references may then implement internal grain interfaces.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
