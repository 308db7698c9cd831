namespace Interop.Sandbox.SyntheticData;

/// <summary>Codes with their own systems' displays: SNOMED CT and ICD-10-CM for conditions, SNOMED CT and v3 ActCode for
/// encounters.</summary>
internal static class ClinicalCodes
{
    public sealed record Diagnosis(string Snomed, string SnomedDisplay, string Icd, string IcdDisplay, bool Chronic);

    public sealed record Visit(string Class, string ClassDisplay, string Snomed, string Display, int MinMinutes, int MaxMinutes);

    public static readonly Diagnosis[] Diagnoses =
    [
        new("38341003", "Hypertensive disorder, systemic arterial (disorder)", "I10", "Essential (primary) hypertension", true),
        new("44054006", "Diabetes mellitus type 2 (disorder)", "E11.9", "Type 2 diabetes mellitus without complications", true),
        new("55822004", "Hyperlipidemia (disorder)", "E78.5", "Hyperlipidemia, unspecified", true),
        new("195967001", "Asthma (disorder)", "J45.909", "Unspecified asthma, uncomplicated", true),
        new("13645005", "Chronic obstructive lung disease (disorder)", "J44.9", "Chronic obstructive pulmonary disease, unspecified", true),
        new("40930008", "Hypothyroidism (disorder)", "E03.9", "Hypothyroidism, unspecified", true),
        new("49436004", "Atrial fibrillation (disorder)", "I48.91", "Unspecified atrial fibrillation", true),
        new("396275006", "Osteoarthritis (disorder)", "M19.90", "Unspecified osteoarthritis, unspecified site", true),
        new(
            "235595009",
            "Gastroesophageal reflux disease (disorder)",
            "K21.9",
            "Gastro-esophageal reflux disease without esophagitis",
            true
        ),
        new("73430006", "Sleep apnea (disorder)", "G47.30", "Sleep apnea, unspecified", true),
        new("37796009", "Migraine (disorder)", "G43.909", "Migraine, unspecified, not intractable, without status migrainosus", true),
        new("195662009", "Acute viral pharyngitis (disorder)", "J02.9", "Acute pharyngitis, unspecified", false),
        new("444814009", "Viral sinusitis (disorder)", "J01.90", "Acute sinusitis, unspecified", false),
        new("10509002", "Acute bronchitis (disorder)", "J20.9", "Acute bronchitis, unspecified", false),
        new("68566005", "Urinary tract infectious disease (disorder)", "N39.0", "Urinary tract infection, site not specified", false),
        new("233604007", "Pneumonia (disorder)", "J18.9", "Pneumonia, unspecified organism", false),
    ];

    public static readonly Visit[] Visits =
    [
        new("AMB", "ambulatory", "162673000", "General examination of patient (procedure)", 20, 60),
        new("AMB", "ambulatory", "185349003", "Encounter for check up (procedure)", 15, 45),
        new("AMB", "ambulatory", "390906007", "Follow-up encounter (procedure)", 15, 30),
        new("AMB", "ambulatory", "185345009", "Encounter for symptom (procedure)", 15, 40),
        new("EMER", "emergency", "50849002", "Emergency room admission (procedure)", 90, 480),
        new("IMP", "inpatient encounter", "32485007", "Hospital admission (procedure)", 1440, 8640),
        new("VR", "virtual", "448337001", "Telemedicine consultation with patient (procedure)", 10, 25),
    ];
}
