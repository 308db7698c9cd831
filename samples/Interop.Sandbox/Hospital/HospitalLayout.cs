namespace Interop.Sandbox.Hospital;

internal enum PlaceKind : byte
{
    Ward,
    Clinic,
    Emergency,
    Laboratory,
    Imaging,
    Pharmacy,
    Therapy,
    Admission,
    Billing,
    Records,
    Office,
}

internal sealed record HospitalPlace(int Index, PlaceKind Kind, string Id, string Name);

/// <summary>The wards, clinics and departments. Their number grows with the number of agents.</summary>
internal sealed class HospitalLayout
{
    public const int BedsPerWard = 20;

    private static readonly string[] Specialties =
    [
        "Cardiology",
        "General Surgery",
        "Internal Medicine",
        "Orthopedics",
        "Neurology",
        "Oncology",
        "Pediatrics",
        "Obstetrics",
        "Urology",
        "Pulmonology",
        "Nephrology",
        "Geriatrics",
    ];

    public HospitalLayout(HospitalOptions options)
    {
        var wards = Math.Max(3, options.Agents / 27);
        for (var i = 0; i < wards; i++)
            Add(PlaceKind.Ward, $"ward-{i + 1}", $"Ward {i + 1} {Specialties[i % Specialties.Length]}");
        for (var i = 0; i < Math.Max(2, options.Agents / 55); i++)
            Add(PlaceKind.Clinic, $"clinic-{i + 1}", $"Clinic {i + 1} {Specialties[(i * 5 + 2) % Specialties.Length]}");
        for (var i = 0; i < Math.Max(1, options.Agents / 400); i++)
            Add(PlaceKind.Emergency, i == 0 ? "ed" : $"ed-{i + 1}", i == 0 ? "Emergency Department" : $"Emergency Department {i + 1}");
        Add(PlaceKind.Laboratory, "lab", "Laboratory");
        Add(PlaceKind.Imaging, "imaging", "Imaging");
        Add(PlaceKind.Pharmacy, "pharmacy", "Pharmacy");
        Add(PlaceKind.Therapy, "therapy", "Physical Therapy");
        Add(PlaceKind.Admission, "admission", "Patient Admission");
        Add(PlaceKind.Billing, "billing", "Billing Office");
        Add(PlaceKind.Records, "records", "Medical Records");
        Add(PlaceKind.Office, "it", "Information Technology");
        ByKind = [.. Enum.GetValues<PlaceKind>().Select(kind => Places.Where(place => place.Kind == kind).ToArray())];
    }

    public List<HospitalPlace> Places { get; } = [];

    private HospitalPlace[][] ByKind { get; }

    public HospitalPlace[] Of(PlaceKind kind) => ByKind[(int)kind];

    private void Add(PlaceKind kind, string id, string name) => Places.Add(new HospitalPlace(Places.Count, kind, id, name));
}
