using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.Schema;
using Interop.Fhir.Validation;
using Interop.Fhir.Validation.Invariants;
using Interop.Fhir.Views;

namespace Interop.Bench.Fhir;

/// <summary>The measured work and the floors to compare with: each on one resource.</summary>
internal sealed class Work
{
    private static readonly ResourceValidator Full = new(
        R4Schema.Default,
        new ValidationOptions { Level = ValidationLevel.Full, InvariantChecker = InvariantChecker.Default }
    );

    private static readonly CompiledFhirPath Path = FhirPathCompiler.Compile("Patient.name.where(use='official').given.first()");
    private static readonly CompiledView View = DefaultViews.All["observations"];

    private readonly CountingSink _sink = new();

    /// <summary>The minimum cost of reading JSON: reads every token and keeps nothing.</summary>
    public static int Walk(byte[] utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        var tokens = 0;
        while (reader.Read())
            tokens++;
        return tokens;
    }

    public static int Parse(byte[] utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        return (int)document.RootElement.ValueKind;
    }

    public static int Validate(byte[] utf8) => ResourceValidator.Default.Validate(utf8).HasErrors ? 1 : 0;

    public static int ValidateFully(byte[] utf8) => Full.Validate(utf8).HasErrors ? 1 : 0;

    public int ParseAndView(byte[] utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        return Rows(document.RootElement);
    }

    public int Rows(JsonElement observation) => View.Run(observation, _sink);

    /// <summary>Patient.name.where(use='official').given.first()</summary>
    public static string? EvaluatePath(JsonElement patient) => Path.TryEvaluateScalar(patient, out var given) ? given.AsText() : null;

    /// <summary>The same path as hand-written code.</summary>
    public static string? EvaluateByHand(JsonElement patient)
    {
        if (!patient.TryGetProperty("name"u8, out var names))
            return null;
        foreach (var name in names.EnumerateArray())
        {
            if (name.TryGetProperty("use"u8, out var use) && use.ValueEquals("official"u8) && name.TryGetProperty("given"u8, out var given))
            {
                foreach (var first in given.EnumerateArray())
                    return first.GetString();
            }
        }

        return null;
    }
}
