using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Fhir;

/// <summary>One version of one resource: where its text is and what a search needs to know of it.</summary>
internal readonly record struct ResourceVersion
{
    /// <summary>The position of a text that is not stored but rendered from the seed.</summary>
    public const long Rendered = -1;

    public required int Resource { get; init; }

    public required int Version { get; init; }

    public required long LastUpdatedTicks { get; init; }

    /// <summary>The patient's key (<see cref="PatientKeys"/>), or <see cref="PatientKeys.None"/>.</summary>
    public required int Patient { get; init; }

    public long Position { get; init; }

    public int Length { get; init; }

    public Defect Defect { get; init; }

    public bool IsDeleted { get; init; }
}
