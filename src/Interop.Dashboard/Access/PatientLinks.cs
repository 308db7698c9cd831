using System.Security.Cryptography;
using System.Text.Json;
using Interop.Patients;
using Microsoft.AspNetCore.DataProtection;

namespace Interop.Dashboard.Access;

/// <summary>
/// Addresses of patients' pages. A patient's id is in no address: the address has a key that is encrypted for this session, with the keys
/// of
/// the cluster, so that it survives a reload and leads to any front end. In another session, and after a day, it leads nowhere.
/// </summary>
public sealed class PatientLinks(IDataProtectionProvider protection, CurrentUser user)
{
    /// <summary>The page on which patients are searched; the addresses of patients are below it.</summary>
    public const string Path = "/patients";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly ITimeLimitedDataProtector _protector = protection
        .CreateProtector("Interop.Dashboard.PatientLinks")
        .ToTimeLimitedDataProtector();

    private sealed record Content(string Session, string Source, string Id);

    /// <summary>The address of a patient's page, for this session.</summary>
    public async Task<string> ToAsync(PatientKey patient)
    {
        ArgumentNullException.ThrowIfNull(patient);
        var content = new Content(await user.SessionAsync(), patient.Source, patient.Id);
        return $"{Path}/{_protector.Protect(JsonSerializer.Serialize(content), Lifetime)}";
    }

    /// <summary>The address of the page of a patient that an event names as <c>Patient/ID</c>; null: it names none.</summary>
    public async Task<string?> ToAsync(string source, string? reference) =>
        reference?.StartsWith(Reference(""), StringComparison.Ordinal) == true
            ? await ToAsync(new PatientKey(source, reference[Reference("").Length..]))
            : null;

    /// <summary>The patient of an address; null when the key is of another session, or has expired.</summary>
    public async Task<PatientKey?> ReadAsync(string key)
    {
        try
        {
            var content = JsonSerializer.Deserialize<Content>(_protector.Unprotect(key))!;
            return content.Session == await user.SessionAsync() ? new PatientKey(content.Source, content.Id) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The patient as FHIR refers to it.</summary>
    public static string Reference(string id) => $"Patient/{id}";

    /// <summary>The path of a page without a patient's key.</summary>
    internal static string WithoutKey(string path) => path.StartsWith($"{Path}/", StringComparison.Ordinal) ? Path : path;
}
