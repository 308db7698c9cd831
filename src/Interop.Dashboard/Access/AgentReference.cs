namespace Interop.Dashboard.Access;

/// <summary>References to agents. An agent may be a patient, who reads the own record: such a reference is in no address.</summary>
internal static class AgentReference
{
    private static readonly string[] Types = ["Practitioner/", "PractitionerRole/", "Device/", "Organization/"];

    /// <summary>
    /// Whether the text may be in an address: it is a reference to a practitioner, a device or an organization. Any other text, such as an
    /// id alone, may be a patient's.
    /// </summary>
    public static bool IsForAddress(string? agent) =>
        agent is not null
        && Array.Find(Types, type => agent.StartsWith(type, StringComparison.Ordinal)) is { } type
        && agent.Length > type.Length
        && agent.AsSpan(type.Length).IndexOfAnyExcept(IdLetters) < 0;

    private static readonly System.Buffers.SearchValues<char> IdLetters = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
    );
}
