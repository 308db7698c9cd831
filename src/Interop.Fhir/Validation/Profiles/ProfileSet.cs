using System.Text.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation.Profiles;

/// <summary>The profiles that resources are checked against. Profiles refer to each other by URL within the set. Immutable.</summary>
public sealed class ProfileSet : IProfileChecker
{
    private readonly R4Schema _schema;
    private readonly Dictionary<string, Profile> _profiles;

    /// <param name="schema">The base types and their value sets.</param>
    /// <param name="profiles">The profiles, each URL once.</param>
    /// <exception cref="ArgumentException">Two profiles have the same URL.</exception>
    public ProfileSet(R4Schema schema, IEnumerable<Profile> profiles)
    {
        _schema = schema;
        _profiles = new Dictionary<string, Profile>(StringComparer.Ordinal);
        foreach (var profile in profiles)
        {
            if (!_profiles.TryAdd(profile.Url, profile))
                throw new ArgumentException($"The profile {profile.Url} is given twice.", nameof(profiles));
        }
    }

    /// <summary>The canonical URLs of the profiles, without version, in the order in which they were given.</summary>
    public IEnumerable<string> Urls => _profiles.Keys;

    /// <inheritdoc/>
    public void Check(JsonElement resource, ICollection<ValidationIssue> issues, CancellationToken cancellationToken) => new ProfileCheck(_schema, _profiles, issues).Check(resource);
}
