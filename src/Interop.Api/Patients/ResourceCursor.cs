using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Interop.Patients;

namespace Interop.Api.Patients;

/// <summary>A position in the list of a patient's resources as text: UTC ticks, type and id, in Base64Url.</summary>
internal static class ResourceCursor
{
    private const int MaxLength = 400;

    public static string Write(PatientResourcePosition position) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{position.At.UtcTicks}/{position.ResourceType}/{position.Id}"));

    /// <summary>Null: the text is no cursor.</summary>
    public static PatientResourcePosition? Read(string cursor)
    {
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
            return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split('/', 3);
        return
            parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTime.MaxValue.Ticks
            && parts.All(part => part.All(letter => letter is > ' ' and < '\x7f'))
            ? new PatientResourcePosition(new DateTimeOffset(ticks, TimeSpan.Zero), parts[1], parts[2])
            : null;
    }
}
