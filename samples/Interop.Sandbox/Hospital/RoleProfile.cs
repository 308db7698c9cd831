using static Interop.Sandbox.Hospital.AccessAction;
using static Interop.Sandbox.Hospital.AccessedType;

namespace Interop.Sandbox.Hospital;

/// <summary>What a role does when it works on one patient: steps drawn by weight.</summary>
internal sealed record RoleProfile(
    Purpose Purpose,
    int StepsFrom,
    int StepsTo,
    (AccessAction Action, AccessedType Type, int Weight)[] Steps
)
{
    private static readonly RoleProfile[] Profiles = [.. Enum.GetValues<HospitalRole>().Select(ProfileOf)];

    private readonly int _total = Steps.Sum(step => step.Weight);

    public static RoleProfile Of(HospitalRole role) => Profiles[(int)role];

    public (AccessAction Action, AccessedType Type) Draw(ref SyntheticData.SplitMix random)
    {
        var at = random.Next(_total);
        foreach (var (action, type, weight) in Steps)
        {
            at -= weight;
            if (at < 0)
                return (action, type);
        }
        return (Steps[0].Action, Steps[0].Type);
    }

    private static RoleProfile ProfileOf(HospitalRole role) =>
        role switch
        {
            HospitalRole.Nurse => new(
                Purpose.Treatment,
                1,
                4,
                [
                    (Search, Observation, 20),
                    (Read, Patient, 14),
                    (Read, MedicationRequest, 16),
                    (Create, Observation, 24),
                    (Read, Encounter, 8),
                    (Update, CarePlan, 6),
                    (Read, Condition, 6),
                    (Read, DocumentReference, 4),
                    (Create, Procedure, 2),
                ]
            ),
            HospitalRole.Physician => new(
                Purpose.Treatment,
                2,
                6,
                [
                    (Search, Observation, 20),
                    (Read, Patient, 12),
                    (Read, DiagnosticReport, 16),
                    (Read, Condition, 10),
                    (Create, MedicationRequest, 7),
                    (Create, ServiceRequest, 7),
                    (Read, DocumentReference, 12),
                    (Create, DocumentReference, 7),
                    (Update, Condition, 3),
                    (Read, Encounter, 6),
                ]
            ),
            HospitalRole.LabTechnician => new(
                Purpose.Treatment,
                2,
                3,
                [(Read, ServiceRequest, 40), (Create, Observation, 30), (Create, DiagnosticReport, 22), (Read, Patient, 8)]
            ),
            HospitalRole.Radiographer => new(
                Purpose.Treatment,
                2,
                3,
                [
                    (Read, ServiceRequest, 38),
                    (Create, DiagnosticReport, 30),
                    (Read, Patient, 12),
                    (Read, DocumentReference, 8),
                    (Create, Procedure, 12),
                ]
            ),
            HospitalRole.Pharmacist => new(
                Purpose.Treatment,
                1,
                3,
                [
                    (Read, MedicationRequest, 40),
                    (Update, MedicationRequest, 10),
                    (Create, MedicationDispense, 25),
                    (Search, Observation, 12),
                    (Read, Patient, 8),
                    (Read, Condition, 5),
                ]
            ),
            HospitalRole.Therapist => new(
                Purpose.Treatment,
                2,
                4,
                [
                    (Read, ServiceRequest, 20),
                    (Read, Patient, 15),
                    (Read, CarePlan, 20),
                    (Update, CarePlan, 12),
                    (Create, Procedure, 20),
                    (Read, DiagnosticReport, 8),
                ]
            ),
            HospitalRole.Registrar => new(
                Purpose.Operations,
                1,
                3,
                [(Search, Patient, 30), (Update, Patient, 20), (Create, Encounter, 20), (Update, Encounter, 12), (Read, Appointment, 18)]
            ),
            HospitalRole.BillingClerk => new(
                Purpose.Payment,
                1,
                3,
                [(Read, Encounter, 35), (Read, Condition, 15), (Create, Claim, 25), (Read, Claim, 15), (Read, Patient, 10)]
            ),
            HospitalRole.Coder => new(
                Purpose.Operations,
                2,
                4,
                [
                    (Read, DocumentReference, 35),
                    (Read, Encounter, 15),
                    (Read, Condition, 15),
                    (Create, Condition, 15),
                    (Update, Encounter, 10),
                    (Read, DiagnosticReport, 10),
                ]
            ),
            HospitalRole.WardClerk => new(
                Purpose.Operations,
                1,
                2,
                [(Read, Encounter, 30), (Update, Encounter, 15), (Read, Appointment, 20), (Create, Appointment, 15), (Search, Patient, 20)]
            ),
            HospitalRole.Administrator => new(
                Purpose.Operations,
                1,
                2,
                [(Search, Patient, 40), (Read, Encounter, 30), (Read, Appointment, 30)]
            ),
            _ => new(Purpose.System, 1, 1, [(Read, Patient, 30), (Read, Encounter, 25), (Search, Observation, 30), (Read, Claim, 15)]),
        };
}
