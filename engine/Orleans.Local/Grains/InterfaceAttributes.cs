namespace Orleans.CodeGeneration
{
    /// <summary>
    /// The version of a grain interface; it increases with each change of the interface. No effect on the embedded engine, whose caller and
    /// grain are always of the same build.
    /// </summary>
    [AttributeUsage(AttributeTargets.Interface)]
    public sealed class VersionAttribute(ushort version) : Attribute
    {
        /// <summary>The version, from 0.</summary>
        public ushort Version { get; } = version;
    }
}

namespace Orleans
{
    /// <summary>How long the callers of a method wait for a result; overrides <c>MessagingOptions.ResponseTimeout</c>.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
    {
        /// <summary>The timeout.</summary>
        public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture);
    }
}
