using System.Text;

namespace Interop.Sandbox.SyntheticData;

/// <summary>
/// What is measured: LOINC code and display, UCUM unit, reference range and a distribution, all scaled by the decimals (724 with one is
/// 72.4).
/// </summary>
internal sealed class ObservationKind(
    string loinc,
    string display,
    string category,
    string unit,
    string ucum,
    int decimals,
    int low,
    int high,
    int mean,
    int spread
)
{
    /// <summary>The part of the JSON that every observation of this kind shares, ready to copy.</summary>
    public byte[] CategoryAndCode { get; } =
        Encoding.UTF8.GetBytes(
            $$"""
            "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{{category}}","display":"{{(
                category == "laboratory" ? "Laboratory"
                : category == "vital-signs" ? "Vital Signs"
                : "Social History"
            )}}"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"{{loinc}}","display":"{{display}}"}],"text":"{{display}}"},
            """
        );

    public byte[] Unit { get; } =
        Encoding.UTF8.GetBytes($$""","unit":"{{unit}}","system":"http://unitsofmeasure.org","code":"{{ucum}}"}""");

    public int Decimals => decimals;

    public int Low => low;

    public int High => high;

    /// <summary>Half the spread's width covers most people; never below a tenth of the low end, because a measured value is never
    /// negative.</summary>
    public int Draw(ref SplitMix random) => Math.Max(low / 10, mean + (int)((long)random.Bell() * spread / 500));

    public static readonly ObservationKind[] Quantities =
    [
        new("8302-2", "Body height", "vital-signs", "cm", "cm", 1, 1500, 1900, 1700, 95),
        new("29463-7", "Body weight", "vital-signs", "kg", "kg", 1, 500, 1000, 780, 150),
        new("39156-5", "Body mass index (BMI) [Ratio]", "vital-signs", "kg/m2", "kg/m2", 1, 185, 249, 270, 50),
        new("8867-4", "Heart rate", "vital-signs", "beats/minute", "/min", 0, 60, 100, 76, 12),
        new("9279-1", "Respiratory rate", "vital-signs", "breaths/minute", "/min", 0, 12, 20, 16, 3),
        new("8310-5", "Body temperature", "vital-signs", "degrees C", "Cel", 1, 361, 375, 368, 4),
        new("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "vital-signs", "%", "%", 0, 95, 100, 97, 1),
        new("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 0, 70, 99, 104, 22),
        new("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "laboratory", "%", "%", 1, 40, 57, 58, 9),
        new("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 2, 60, 130, 95, 22),
        new(
            "33914-3",
            "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)",
            "laboratory",
            "mL/min/1.73 m2",
            "mL/min/{1.73_m2}",
            0,
            60,
            120,
            86,
            18
        ),
        new("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "laboratory", "mmol/L", "mmol/L", 0, 136, 145, 140, 3),
        new("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "laboratory", "mmol/L", "mmol/L", 1, 35, 51, 43, 4),
        new("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "laboratory", "mmol/L", "mmol/L", 0, 98, 107, 102, 3),
        new("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 1, 85, 105, 94, 5),
        new("718-7", "Hemoglobin [Mass/volume] in Blood", "laboratory", "g/dL", "g/dL", 1, 120, 175, 141, 15),
        new("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "laboratory", "10*3/uL", "10*3/uL", 1, 45, 110, 71, 19),
        new("777-3", "Platelets [#/volume] in Blood by Automated count", "laboratory", "10*3/uL", "10*3/uL", 0, 150, 400, 252, 60),
        new("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 0, 125, 200, 191, 36),
        new("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 0, 40, 80, 54, 13),
        new(
            "18262-6",
            "Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay",
            "laboratory",
            "mg/dL",
            "mg/dL",
            0,
            50,
            130,
            114,
            30
        ),
        new("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "laboratory", "mg/dL", "mg/dL", 0, 50, 150, 131, 50),
        new("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "laboratory", "m[IU]/L", "m[IU]/L", 2, 40, 450, 210, 95),
        new(
            "1742-6",
            "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
            "laboratory",
            "U/L",
            "U/L",
            0,
            7,
            55,
            27,
            12
        ),
    ];

    public static readonly ObservationKind BloodPressure = new(
        "85354-9",
        "Blood pressure panel with all children optional",
        "vital-signs",
        "mmHg",
        "mm[Hg]",
        0,
        90,
        130,
        124,
        16
    );

    public static readonly ObservationKind SmokingStatus = new(
        "72166-2",
        "Tobacco smoking status",
        "social-history",
        "",
        "1",
        0,
        0,
        0,
        0,
        0
    );

    public static readonly ObservationKind UrineAppearance = new("5767-9", "Appearance of Urine", "laboratory", "", "1", 0, 0, 0, 0, 0);

    public static readonly (string Code, string Display)[] SmokingStatuses =
    [
        ("266919005", "Never smoked tobacco (finding)"),
        ("8517006", "Ex-smoker (finding)"),
        ("449868002", "Smokes tobacco daily (finding)"),
        ("428041000124106", "Occasional tobacco smoker (finding)"),
    ];

    public static readonly string[] UrineAppearances = ["Clear", "Slightly cloudy", "Cloudy", "Turbid", "Clear, pale yellow"];
}
