namespace System.Runtime.CompilerServices;

/// <summary>
/// The runtime recognizes this attribute by name on dynamic assemblies, so the generated proxies may implement internal grain interfaces.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
